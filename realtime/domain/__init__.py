"""What Batchboard is about, without a clock, a network or a database: times and ids are passed in."""
