"""What stands on each savings account at the cut-off."""
