#!/usr/bin/env python3
"""The guide's batch program, for Python 3: upload a file, score it, fetch the result.

It needs Azure's storage client (Debian: python3-azure-storage). Fill in what is
in angle brackets, or give it in the environment under the name in capitals.
"""
import json
import os
import sys
import time
import urllib.error
import urllib.request

from azure.storage.blob import BlobServiceClient


def setting(name, otherwise):
    return os.environ.get(name.upper(), otherwise)


# The host is the one of the web service, or of an API in front of it with the API's path.
base = setting("base", "https://ussouthcentral.services.azureml.net")
workspace = setting("workspace", "<the web service's workspace id>")
service = setting("service", "<the web service's service id>")
api_key = setting("api_key", "<the web service's API key>")
subscription_key = setting("subscription_key", "")  # of the API, where one is in front
storage_account_name = setting("storage_account_name", "<the storage account's name>")
storage_account_key = setting("storage_account_key", "<the storage account's key>")
storage_account_url = setting("storage_account_url", "https://" + storage_account_name + ".blob.core.windows.net")
storage_container_name = setting("storage_container_name", "<a container in that account>")
input_file = setting("input_file", "<the file to score>")
output_file = setting("output_file", "<the file to write the result to>")
input_blob_name = "mydatablob.csv"
output_blob_name = "myresultsblob.csv"


def headers(**more):
    h = {"Authorization": "Bearer " + api_key, **more}
    if subscription_key:
        h["Ocp-Apim-Subscription-Key"] = subscription_key
    return h


def call(method, url, body=None):
    """Gives the answer's text; a refusal is printed and ends the program."""
    request = urllib.request.Request(url, body, headers(**{"Content-Type": "application/json"}), method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.read().decode("utf-8")
    except urllib.error.HTTPError as refusal:
        print("The request failed with status code: " + str(refusal.code))
        print(refusal.headers)
        print(json.loads(refusal.read()))
        sys.exit(1)


def upload():
    print("Uploading the input to blob storage...")
    storage = BlobServiceClient(storage_account_url, credential=storage_account_key)
    with open(input_file, "rb") as data:
        storage.get_blob_client(storage_container_name, input_blob_name).upload_blob(data, overwrite=True)
    print("Uploaded the input to blob storage")


def submission():
    connection_string = ("DefaultEndpointsProtocol=https;AccountName=" + storage_account_name +
                         ";AccountKey=" + storage_account_key)
    place = "/" + storage_container_name + "/"
    return {
        "Input": {"ConnectionString": connection_string, "RelativeLocation": place + input_blob_name},
        "Outputs": {
            "output1": {"ConnectionString": connection_string, "RelativeLocation": place + output_blob_name},
        },
        "GlobalParameters": {},
    }


def save_blob(blob_url, label):
    print("Reading the result from " + blob_url)
    with urllib.request.urlopen(blob_url) as response, open(output_file, "wb") as f:
        f.write(response.read())
    print(label + " have been written to the file " + output_file)


def process_results(status):
    first = True
    for output_name, location in status["Results"].items():
        print("The results for " + output_name + " are available at the following Azure Storage location:")
        print("BaseLocation: " + location["BaseLocation"])
        print("RelativeLocation: " + location["RelativeLocation"])
        print("SasBlobToken: " + location["SasBlobToken"])
        if first:
            first = False
            url = location["BaseLocation"] + location["RelativeLocation"] + location["SasBlobToken"]
            save_blob(url, "The results for " + output_name)


def invoke_batch_execution_service():
    url = base + "/workspaces/" + workspace + "/services/" + service + "/jobs"
    upload()
    print("Submitting the job...")
    result = call("POST", url + "?api-version=2.0", json.dumps(submission()).encode("utf-8"))
    job_id = result[1:-1]  # without the quotes around it
    print("Job ID: " + job_id)
    print("Starting the job...")
    call("POST", url + "/" + job_id + "/start?api-version=2.0", b"")
    while True:
        print("Checking the job status...")
        result = json.loads(call("GET", url + "/" + job_id + "?api-version=2.0"))
        status = result["StatusCode"]
        print("status:" + status)
        if status == "NotStarted":
            print("Job " + job_id + " not yet started...")
        elif status == "Running":
            print("Job " + job_id + " running...")
        elif status == "Failed":
            print("Job " + job_id + " failed!")
            print("Error details: " + result["Details"])
            return 1
        elif status == "Cancelled":
            print("Job " + job_id + " cancelled!")
            return 1
        elif status == "Finished":
            print("Job " + job_id + " finished!")
            process_results(result)
            return 0
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(invoke_batch_execution_service())
