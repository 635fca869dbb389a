"""How fast redemptions are, beside pgbench writing the same rows on the same database in the same run."""
