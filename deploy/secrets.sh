#!/bin/sh
# Makes what docker-compose.yml needs in deploy/secrets: sh deploy/secrets.sh NAME [FOLDER].
# Keeps what is there. NAME is the host that people type; its certificate is self-signed until you
# replace tls_certificate and tls_key by real ones.
set -eu
name=${1:?usage: sh deploy/secrets.sh NAME [FOLDER]}
folder=${2:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder" # the files are readable to the containers' users, the folder to you alone
cd "$folder"

[ -s openfloor_secret ] || head -c 32 /dev/urandom >openfloor_secret
if [ ! -s store_acl ] || [ ! -s store_url ]; then
  password=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
  printf 'user default off\nuser openfloor on >%s ~* &* +@all -acl -config -debug -flushall -flushdb -replicaof -shutdown\n' \
    "$password" >store_acl
  printf 'redis://openfloor:%s@store:6379/0\n' "$password" >store_url
fi
if [ ! -s tls_certificate ] || [ ! -s tls_key ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
    -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
    -keyout tls_key -out tls_certificate 2>/dev/null
fi
chmod 444 ./*
echo "Made $(pwd). Now: PUBLIC_URL=https://$name docker compose up --detach --build"
