"""Identifiers and written values (NIK, NPWP, rupiah, dates, ...): one file each, the same verbs in each.

Put here what turns one delivered text into its canonical value or a fault code. Keep out what compares rows or tables
(cleaning, gate) and what a fault means for a cooperative (`expectations/`).
"""
