# One image for web, worker and beat; docker-compose.yml says which is which.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 WUHAO_VAR=/var/lib/wuhao
WORKDIR /srv/wuhao

COPY tools/system-packages.txt tools/
RUN apt-get update \
    && apt-get install -y --no-install-recommends $(awk '$2 ~ /^(run|server)$/ {print $1}' tools/system-packages.txt) \
    && rm -rf /var/lib/apt/lists/*

COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY . .
# A key of the build only: without DATABASE_URL the settings make one, here in a folder that is thrown away.
RUN WUHAO_VAR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build \
    && useradd --system --home-dir /var/lib/wuhao wuhao \
    && install -d -o wuhao -g wuhao /var/lib/wuhao

USER wuhao
VOLUME /var/lib/wuhao
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "config.wsgi:application"]
