"""What every stage stands on: params, records and their files, the journal, locks, progress, errors."""
