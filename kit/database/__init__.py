"""PostgreSQL: transactions, outbox and inbox, daily partitions, migrations, roles."""
