-- Everything that the schemas `names` promise, as facts: place, kind, name, detail. Texts name the schemas in full.
-- Facts of one kind and name at one place are compared by their detail (`catalogue.py`).
WITH schemas AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = ANY (%(names)s)
),
relations AS (
    SELECT c.*, s.nspname || '.' || c.relname AS place, s.nspowner AS schema_owner
    FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
),
functions AS (
    SELECT p.*, s.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS place,
        s.nspowner AS schema_owner
    FROM pg_proc p JOIN schemas s ON s.oid = p.pronamespace WHERE p.prokind IN ('f', 'p')
),
granted AS (
    SELECT nspname::text AS place, nspowner AS owner, '' AS part, acl.* FROM schemas
    CROSS JOIN aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS acl
    UNION ALL
    SELECT place, relowner, '', acl.* FROM relations CROSS JOIN
        aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) AS acl
    UNION ALL
    SELECT place, proowner, '', acl.* FROM functions
    CROSS JOIN aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
    UNION ALL
    SELECT r.place, r.relowner, ' (' || a.attname || ')', acl.* FROM relations r
    JOIN pg_attribute a ON a.attrelid = r.oid CROSS JOIN aclexplode(a.attacl) AS acl
)
SELECT place, 'kind' AS kind, '' AS name, relkind::text || ' ' || relpersistence::text || ' '
    || CASE WHEN relkind = 'v' THEN coalesce(reloptions::text, '') ELSE '' END
    || CASE WHEN EXISTS (SELECT FROM pg_inherits WHERE inhparent = relations.oid) THEN ' with children' ELSE '' END
    AS detail FROM relations
UNION ALL
SELECT place, 'owner', '', CASE relowner WHEN schema_owner THEN 'that of the schema' ELSE pg_get_userbyid(relowner) END
FROM relations
UNION ALL
SELECT place, 'owner', '', CASE proowner WHEN schema_owner THEN 'that of the schema' ELSE pg_get_userbyid(proowner) END
FROM functions
UNION ALL
SELECT place, 'row-level security', '', CASE WHEN relrowsecurity AND relforcerowsecurity THEN 'on, for the owner too'
    WHEN relrowsecurity THEN 'on, but not for the owner' ELSE 'off' END
FROM relations WHERE relkind IN ('r', 'p')
UNION ALL
SELECT r.place, 'column', a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' END, 'default ' || pg_get_expr(d.adbin, d.adrelid),
    'collation ' || nullif(a.attcollation, t.typcollation)::regcollation::text,
    'identity ' || nullif(a.attidentity::text, ''), 'generated ' || nullif(a.attgenerated::text, ''))
FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT r.place, 'constraint', pg_get_constraintdef(c.oid), CASE WHEN EXISTS
    (SELECT FROM pg_trigger g WHERE g.tgconstraint = c.oid AND g.tgenabled NOT IN ('O', 'A')) THEN 'not enforced'
    ELSE 'enforced' END
FROM relations r JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype IN ('p', 'f', 'c', 'u', 'x')
UNION ALL
SELECT r.place, 'policy', p.polname, concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
    'for ' || p.polcmd::text, 'to ' || (SELECT string_agg(CASE each WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(each) END,
    ', ' ORDER BY each) FROM unnest(p.polroles) AS each), 'using ' || pg_get_expr(p.polqual, p.polrelid),
    'check ' || pg_get_expr(p.polwithcheck, p.polrelid))
FROM relations r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT r.place, 'trigger', g.tgname, g.tgenabled::text || ' ' || pg_get_triggerdef(g.oid)
FROM relations r JOIN pg_trigger g ON g.tgrelid = r.oid AND NOT g.tgisinternal
UNION ALL
SELECT r.place, 'rule', w.rulename, w.ev_enabled::text || ' ' || pg_get_ruledef(w.oid)
FROM relations r JOIN pg_rewrite w ON w.ev_class = r.oid
UNION ALL
SELECT r.place, 'index', regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX \S+ ON ', 'INDEX ON '),
    CASE WHEN i.indisvalid AND i.indisready THEN 'valid' ELSE 'not valid' END
FROM relations r JOIN pg_index i ON i.indrelid = r.oid
WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT place, 'function', '', pg_get_functiondef(oid) FROM functions
UNION ALL
SELECT place, 'grant', privilege_type || part || ' to '
    || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END,
    CASE WHEN is_grantable THEN 'may be passed on' ELSE 'as it is' END
FROM granted WHERE grantee <> owner
