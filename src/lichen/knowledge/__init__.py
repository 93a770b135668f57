"""What is known to work: exchange types, cases, technologies and standards, each row with source and status."""
