# One image for servers, sequencer, clock and worker; the command chooses. Nothing runs as root.
FROM python:3.13-slim-bookworm AS build
WORKDIR /opt/openfloor
COPY requirements.lock ./
RUN python -m venv .venv \
 && .venv/bin/python -m pip install --quiet --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.13-slim-bookworm
RUN groupadd --system --gid 10001 openfloor \
 && useradd --system --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin openfloor \
 && install -d -m 0700 -o openfloor -g openfloor /var/lib/openfloor /var/lib/openfloor-keys
WORKDIR /opt/openfloor
COPY --from=build /opt/openfloor/.venv .venv
COPY hypercorn.toml ./
COPY frontend frontend
COPY server server
COPY workers workers
USER 10001:10001
ENV PATH=/opt/openfloor/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OPENFLOOR_HOST=0.0.0.0 \
    OPENFLOOR_PORT=8000 \
    OPENFLOOR_DATA=/var/lib/openfloor \
    OPENFLOOR_LOG_KEYS=/var/lib/openfloor-keys
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["python", "-m", "server", "healthy"]
CMD ["python", "-m", "server", "serve"]
