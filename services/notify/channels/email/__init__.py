"""E-mail by SMTP under our own Message-ID. No receipt follows the 250 after DATA."""
