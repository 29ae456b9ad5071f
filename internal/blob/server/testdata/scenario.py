"""What Debian's python3-azure-storage asks of an account: prints each call and what the client made of the answer."""
import base64
import datetime
import hashlib
import sys

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import (
    AccountSasPermissions, BlobBlock, BlobClient, BlobPrefix, BlobSasPermissions, BlobServiceClient, ContainerClient,
    ContainerSasPermissions, ContentSettings, ResourceTypes, generate_account_sas, generate_blob_sas, generate_container_sas,
)

connection = sys.argv[1]
service = BlobServiceClient.from_connection_string(connection, retry_total=0)
account, key = service.account_name, service.credential.account_key
later = datetime.datetime.utcnow() + datetime.timedelta(hours=1)
past = datetime.datetime.utcnow() - datetime.timedelta(hours=1)


def step(name, call):
    """Prints what a call gives: a value, or the status and the code of its error."""
    try:
        result = call()
    except HttpResponseError as e:
        result = f"{e.status_code} {getattr(e, 'error_code', None)}"
    print(f"{name}: {result if result is not None else 'done'}", flush=True)


def properties(p):
    s = p.content_settings
    md5 = base64.b64encode(s.content_md5).decode() if s.content_md5 else None
    return (f"{p.size} {p.blob_type} {s.content_type} {s.content_encoding} {s.content_language} {s.content_disposition} "
            f"{s.cache_control} {md5} {dict(sorted(p.metadata.items()))} {p.lease.state} {bool(p.etag)} {p.last_modified is not None}")


container = service.get_container_client("python")
step("create a container", lambda: container.create_container(metadata={"owner": "me"}) and None)
step("create it again", lambda: container.create_container())
step("container properties", lambda: container.get_container_properties().metadata)
step("container exists", container.exists)
step("another exists", service.get_container_client("nothing").exists)
step("set container metadata", lambda: container.set_container_metadata({"a_b": "1", "ab": "2", "a0": "3"}) and None)
step("container properties again", lambda: sorted(container.get_container_properties().metadata.items()))

blob = container.get_blob_client("in/a b+c%.csv")
step("upload", lambda: blob.upload_blob(b"Col1,Col2\n1,good\n", metadata={"kind": "reviews"}, content_settings=ContentSettings(
    content_type="text/csv", content_language="en", content_disposition="attachment", cache_control="no-cache")) and None)
step("upload again without overwriting", lambda: blob.upload_blob(b"x"))
step("properties", lambda: properties(blob.get_blob_properties()))
step("download", lambda: blob.download_blob().readall())
step("download a range", lambda: blob.download_blob(offset=3, length=4).readall())
step("download with its checksum", lambda: blob.download_blob(validate_content=True).readall())
step("download beyond the end", lambda: blob.download_blob(offset=100, length=1).readall())
step("overwrite", lambda: blob.upload_blob(b"second", overwrite=True, validate_content=True) and None)
step("properties after", lambda: properties(blob.get_blob_properties()))
step("set metadata", lambda: blob.set_blob_metadata({"n": "1"}) and None)
step("set headers", lambda: blob.set_http_headers(ContentSettings(content_type="text/plain", content_encoding="identity")) and None)
changed = blob.get_blob_properties()
step("headers after", lambda: (changed.content_settings.content_type, changed.content_settings.content_encoding, changed.metadata))
step("if it was not modified", lambda: blob.download_blob(etag=changed.etag, match_condition=MatchConditions.IfNotModified).readall())
step("if it was modified", lambda: blob.download_blob(etag=changed.etag, match_condition=MatchConditions.IfModified).readall())
step("overwrite a stale version", lambda: blob.upload_blob(b"third", overwrite=True, etag='"0x8D0"', match_condition=MatchConditions.IfNotModified))
step("modified since", lambda: blob.get_blob_properties(if_modified_since=later))
step("empty", lambda: container.upload_blob("empty", b"") and None)
step("download empty", lambda: container.download_blob("empty").readall())
step("missing blob", lambda: container.download_blob("missing").readall())
step("blob exists", container.get_blob_client("missing").exists)

large = bytes(range(256)) * (20 << 10)
blocks = BlobServiceClient.from_connection_string(connection, max_single_put_size=1 << 20, max_block_size=1 << 20, max_single_get_size=1 << 20, max_chunk_get_size=1 << 20)
big = blocks.get_blob_client("python", "big")
step("upload in blocks", lambda: big.upload_blob(large, max_concurrency=2) and None)
step("download in ranges", lambda: hashlib.sha256(big.download_blob(max_concurrency=2).readall()).hexdigest() == hashlib.sha256(large).hexdigest())
step("size", lambda: big.get_blob_properties().size)
step("block list", lambda: [len(part) for part in big.get_block_list("all")])
own = container.get_blob_client("own-blocks")
step("stage", lambda: [own.stage_block(i, b"part " + i.encode()) and None for i in ("1", "2", "3")])
step("uncommitted", lambda: [[(b.id, b.size) for b in part] for part in own.get_block_list("all")])
step("commit", lambda: own.commit_block_list([BlobBlock("3"), BlobBlock("1")], metadata={"m": "1"}) and None)
step("committed", lambda: [[(b.id, b.size) for b in part] for part in own.get_block_list("all")])
step("content", lambda: own.download_blob().readall())
step("commit an unknown block", lambda: own.commit_block_list([BlobBlock("9")]))

for name in ("l/1", "l/2", "l/m/3", "l0"):
    container.upload_blob(name, b"x", metadata={"name": "y"})
step("list", lambda: [(b.name, b.size, b.metadata) for b in container.list_blobs(name_starts_with="l", include=["metadata"], results_per_page=2)])
step("walk", lambda: sorted((type(b) is BlobPrefix or isinstance(b, BlobPrefix), b.name) for b in container.walk_blobs(name_starts_with="l/", delimiter="/")))
step("list containers", lambda: [c.name for c in service.list_containers(name_starts_with="py")])
step("copy", lambda: container.get_blob_client("copied").start_copy_from_url(own.url)["copy_status"])
step("copied", lambda: container.download_blob("copied").readall())

url = blob.url + "?" + generate_blob_sas(account, "python", "in/a b+c%.csv", account_key=key, permission=BlobSasPermissions(read=True), expiry=later,
                                         content_type="text/x-signed")
step("blob signature", lambda: BlobClient.from_blob_url(url).download_blob().readall())
step("its content type", lambda: BlobClient.from_blob_url(url).download_blob().properties.content_settings.content_type)
step("writing by it", lambda: BlobClient.from_blob_url(url).upload_blob(b"x", overwrite=True))
token = generate_container_sas(account, "python", account_key=key, permission=ContainerSasPermissions(read=True, list=True, write=True), expiry=later, start=past)
signed = ContainerClient.from_container_url(container.url + "?" + token)
step("container signature: list", lambda: len(list(signed.list_blobs(name_starts_with="l/"))))
step("container signature: write", lambda: signed.upload_blob("by-signature", b"y") and None)
step("container signature: delete", lambda: signed.delete_blob("by-signature"))
token = generate_account_sas(account, account_key=key, resource_types=ResourceTypes(object=True), permission=AccountSasPermissions(read=True), expiry=later)
by_account = BlobServiceClient(account_url=service.url.split("?")[0], credential=token, retry_total=0)
step("account signature: read", lambda: by_account.get_blob_client("python", "by-signature").download_blob().readall())
step("account signature: container", lambda: by_account.get_container_client("python").get_container_properties())
wrong = BlobServiceClient(account_url=service.url.split("?")[0], credential={"account_name": account, "account_key": base64.b64encode(b"wrong").decode()}, retry_total=0)
step("wrong key", lambda: wrong.get_blob_client("python", "in/a b+c%.csv").upload_blob(b"x" * (1 << 20), overwrite=True))

step("delete", lambda: blob.delete_blob())
step("delete again", lambda: blob.delete_blob())
step("delete the container", lambda: container.delete_container())
step("list in it", lambda: list(container.list_blobs()))
