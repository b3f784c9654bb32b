"""HTTP defaults of every service: limits, problem details, operations, validation messages."""
