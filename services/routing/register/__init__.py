"""The CPR register (SF1520): the port, and the adapter that speaks SOAP to it."""
