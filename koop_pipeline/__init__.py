"""Koop Pipeline: moves Indonesian cooperatives (koperasi) into a digital platform and proves that nothing was lost."""
