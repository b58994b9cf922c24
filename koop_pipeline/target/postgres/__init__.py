"""The target PostgreSQL: the platform's own database, with keys, checks, tenants and roles.

Put here what only PostgreSQL needs: its schema and versions (Alembic), COPY in, Arrow out, its errors. What a load is,
and what may be loaded, belongs to the files above this folder.
"""
