"""The workbook (lembar perbaikan) that goes out to a cooperative and comes back: lines, words, looks, reading."""
