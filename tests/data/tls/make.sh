#!/bin/sh
# Makes the certificates of the tests anew: an authority that nothing else trusts, servers on loopback, a client.
# Run it in this folder, with OpenSSL 3; the private keys are worth nothing outside of the tests.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
far=21260101000000Z

key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$work/$1.key"; }

# name, subject alternative names, key usage, first day, last day
signed() {
    key "$1"
    openssl req -new -key "$work/$1.key" -subj "/CN=fmtui tests: $1" -out "$work/$1.csr"
    printf 'subjectAltName=%s\nextendedKeyUsage=%s\nbasicConstraints=CA:false\n' "$2" "$3" >"$work/$1.ext"
    openssl ca -batch -notext -config "$work/ca.cnf" -extfile "$work/$1.ext" \
        -startdate "$4" -enddate "$5" -in "$work/$1.csr" -out "$work/$1.crt" 2>"$work/log" || { cat "$work/log"; exit 1; }
}

cat >"$work/ca.cnf" <<END
[ca]
default_ca = own
[own]
database = $work/index
serial = $work/serial
new_certs_dir = $work
certificate = $work/ca.crt
private_key = $work/ca.key
default_md = sha256
policy = any
[any]
commonName = supplied
END
: >"$work/index"
echo 01 >"$work/serial"
key ca
openssl req -x509 -new -key "$work/ca.key" -subj "/CN=fmtui tests: authority" -days 36500 \
    -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,cRLSign -out "$work/ca.crt"

signed server IP:127.0.0.1,DNS:localhost serverAuth 20260101000000Z "$far"
signed expired IP:127.0.0.1,DNS:localhost serverAuth 20200101000000Z 20210101000000Z
signed other DNS:other.example serverAuth 20260101000000Z "$far"
signed client email:tests@example.org clientAuth 20260101000000Z "$far"

cp "$work/ca.crt" ca.pem
for name in server expired other; do cat "$work/$name.crt" "$work/$name.key" >"$name.pem"; done
cp "$work/client.crt" client.pem
cp "$work/client.key" client.key
openssl pkcs8 -topk8 -in "$work/client.key" -passout pass:test-password -out client-locked.key
