"""The programme folder: its files as typed models, and one run over a batch."""
