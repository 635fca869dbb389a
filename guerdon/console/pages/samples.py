"""Files to begin with: what each kind of import looks like, with rows that are right."""

from collections.abc import Mapping

SAMPLES: Mapping[str, str] = {
    "members": (
        "email,phone,first_name,last_name,tags,balance,earned,expires_at,birthday,opted_in\n"
        'ana@example.com,+14155550100,Ana,Lind,"vip,early",1200,4800,2027-12-31,1990-02-28,yes\n'
        "ben@example.com,,Ben,Ode,,350,350,,12-24,no\n"
    ),
    "lots": (
        "email,points,earned_at,expires_at,title\n"
        "ana@example.com,700,2026-01-15,2027-01-31,Order 1042\n"
        "ana@example.com,500,2026-03-02,never,Welcome back\n"
    ),
    "history": (
        "email,at,points,title\n"
        "ana@example.com,2025-11-02T10:15:00Z,900,Order 1017\n"
        "ana@example.com,2025-12-20T18:40:00Z,-400,$4 off\n"
    ),
    "codes": (
        "code,state,email,order_id,at\n"
        "SAVE-7QK2,used,ana@example.com,1033,2025-12-20\n"
        "SAVE-9XM4,issued,ben@example.com,,2026-02-11\n"
    ),
}
