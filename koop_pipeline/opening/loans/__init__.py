"""What stands of each loan at the cut-off: contract, schedule, position, rate, class, allowance."""
