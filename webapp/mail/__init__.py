"""E-mails: written into the outbox with what they speak of, rendered and delivered afterwards."""
