"""E-mail by SMTP, under a Message-ID of our own. A 250 after DATA is the last we hear of it."""
