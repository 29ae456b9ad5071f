package scoring

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSubmitErrors(t *testing.T) {
	e := newEndpoint(t)
	in := e.reference("files/data.csv")
	own := e.storage.ConnectionString()
	base, _ := e.storage.Location("files", "data.csv")
	sas := func(permissions string, expires time.Duration) string {
		return fmt.Sprintf(`{"Input":{"BaseLocation":%q,"RelativeLocation":"files/data.csv","SasBlobToken":%q}}`, base, e.storage.SignBlob("files", "data.csv", permissions, time.Now().Add(expires)))
	}
	for _, c := range []struct{ name, body, code, message string }{
		{"no body", "", "RequestBodyInvalid", "not JSON"},
		{"not an object", "[]", "RequestBodyInvalid", "must be an object"},
		{"an unknown member", `{"Input":` + in + `,"GolbalParameters":{}}`, "RequestBodyInvalid", "GolbalParameters"},
		{"an unknown member of a reference", `{"Input":{"ConnetionString":"x"}}`, "RequestBodyInvalid", "ConnetionString"},
		{"a number for a string", `{"Input":{"ConnectionString":1}}`, "RequestBodyInvalid", "ConnectionString of Input is a number"},
		{"both Input and Inputs", `{"Input":` + in + `,"Inputs":{"input1":` + in + `}}`, "DuplicateInputInBatchCall", "both single and multiple"},
		{"neither", `{"Inputs":{},"Outputs":{}}`, "BatchJobInputsNotSpecified", "input1"},
		{"an unknown input", `{"Inputs":{"Input1":` + in + `}}`, "InvalidInputNames", "Input1"},
		{"too many inputs", `{"Inputs":{"input1":` + in + `,"input2":` + in + `}}`, "BatchJobInputsTooManySpecified", "input1"},
		{"an input twice", `{"Inputs":{"input1":` + in + `,"input1":` + in + `}}`, "RequestBodyInvalid", "twice"},
		{"an unknown output", `{"Input":` + in + `,"Outputs":{"Output1":` + in + `}}`, "InvalidOutputOverrideName", "case-sensitive"},
		{"an unknown parameter", `{"Input":` + in + `,"GlobalParameters":{"x":1}}`, "UnexpectedParameter", "x"},
		{"an empty reference", `{"Input":{}}`, "MissingInputBlobInformation", "ConnectionString"},
		{"no location", `{"Input":{"ConnectionString":` + quote(own) + `}}`, "InputBlobRelativeLocationInvalid", "RelativeLocation"},
		{"a container alone", e.request("/files", ""), "InputBlobRelativeLocationInvalid", "RelativeLocation"},
		{"a bad container", e.request("/In/x.csv", ""), "ContainerSegmentInvalid", "In"},
		{"a long name", e.request("/files/"+strings.Repeat("x", 1025)+".csv", ""), "BlobNameTooLong", "1,024"},
		{"another extension", e.request("files/data.txt", ""), "InvalidBlobExtension", `The blob reference: files/data.txt has an invalid`},
		{"ARFF for an input", e.request("files/data.arff", ""), "InvalidBlobExtension", `are: ".csv, .tsv".`},
		{"another extension for the output", e.request("files/data.csv", "files/out"), "InvalidBlobExtension", "files/out"},
		{"no connection string", `{"Input":{"ConnectionString":"nothing","RelativeLocation":"files/x.csv"}}`, "InvalidBlobConnectionString", "="},
		{"no key", `{"Input":{"ConnectionString":"AccountName=a","RelativeLocation":"files/x.csv"}}`, "InvalidBlobConnectionString", "AccountKey"},
		{"a wrong key", strings.ReplaceAll(e.request("files/data.csv", ""), own, "AccountName="+e.storage.AccountName()+";AccountKey=AAAA"), "InvalidBlobConnectionString", "AccountKey"},
		{"a wrong key without an account", `{"Input":{"ConnectionString":"AccountKey=AAAA;BlobEndpoint=` + e.storage.URL() + `","RelativeLocation":"files/x.csv"}}`, "InvalidBlobConnectionString", "AccountKey"},
		{"an expired signature", sas("r", -time.Hour), "BlobNotFound", "AuthenticationFailed"},
		{"a signature for something else", sas("w", time.Hour), "BlobNotFound", "AuthorizationPermissionMismatch"},
		{"a signature of another blob", strings.Replace(sas("r", time.Hour), "files/data.csv", "files/other.csv", 1), "BlobNotFound", "AuthenticationFailed"},
		{"a base that is no URL", `{"Input":{"BaseLocation":"x","RelativeLocation":"files/x.csv","SasBlobToken":"?sig=x"}}`, "InvalidBlob", "BaseLocation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, text := e.jobs(t, "POST", "", c.body)
			var got struct {
				Error struct {
					Details []struct{ Code, Message string }
				}
			}
			if err := json.Unmarshal([]byte(text), &got); err != nil || status != 400 || len(got.Error.Details) == 0 {
				t.Fatalf("%d %s", status, text)
			}
			if d := got.Error.Details[0]; d.Code != c.code || !strings.Contains(d.Message, c.message) {
				t.Errorf("got %s, want %s with %q", text, c.code, c.message)
			}
			if strings.Contains(text, "string to sign") || strings.Contains(text, "sig=") {
				t.Errorf("the answer tells too much: %s", text)
			}
		})
	}
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

func TestFailedJobsSayWhatAndWhere(t *testing.T) {
	e := newEndpoint(t)
	e.work(t)
	lines := func(bad string) string { return "Col2\n" + strings.Repeat("fine\n", 20_000) + bad }
	for _, c := range []struct{ name, content, details string }{
		{"no such blob", "", "BlobNotFound: Unable to access the provided Azure blob - files/no such blob.csv"},
		{"nothing in it", "\n", "the file is empty"},
		{"another header", "Text\na\n", `the header has "Text" that is not expected; expected are "Col2"`},
		{"two columns of one name", "Col2,Col2\na,b\n", `both called "Col2"`},
		{"unterminated quote", lines("\"open\n"), "row 20001 (line 20002): the quote that opens column 1 is never closed"},
		{"NUL", lines("a\x00b\n"), "row 20001 (line 20002): it holds a NUL byte"},
		{"ragged", lines("a,b\n"), "row 20001 (line 20002): it has 2 cells where the first line has 1"},
		{"a large cell", lines("\"" + strings.Repeat("x", 50<<20) + "\"\n"), "row 20001 (line 20002): column 1 holds more than 16777216 bytes"},
		{"not UTF-8", lines("\xff\xfe\n"), "row 20001 (line 20002): it holds bytes that are not UTF-8"},
		{"UTF-16", "\xff\xfeC\x00", "UTF-16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.content != "" {
				e.put(t, "files/"+c.name+".csv", c.content)
			}
			e.put(t, "out/"+c.name+".csv", "from before")
			s := e.finish(t, e.request("files/"+c.name+".csv", "out/"+c.name+".csv"))
			if s.StatusCode != "Failed" || s.Results != nil || !strings.Contains(s.details(), c.details) {
				t.Errorf("the job is %s: %s; want Failed with %q", s.StatusCode, s.details(), c.details)
			}
			if got := e.get(t, "out/"+c.name+".csv"); got != "from before" {
				t.Errorf("the output's name holds %.100q", got)
			}
		})
	}
	t.Run("no container for the output", func(t *testing.T) {
		e.put(t, "files/fine.csv", "Col2\na\n")
		s := e.finish(t, e.request("files/fine.csv", "nowhere/out.csv"))
		if s.StatusCode != "Failed" || !strings.Contains(s.details(), "ContainerNotFound") {
			t.Errorf("the job is %s: %s", s.StatusCode, s.details())
		}
	})
}

// TestUnfinishedJobsLeaveNoBlocks holds that what a job had written when it failed or was cancelled is removed.
func TestUnfinishedJobsLeaveNoBlocks(t *testing.T) {
	e := newEndpoint(t)
	e.work(t)
	e.put(t, "files/many.csv", manyRows(150_000)+"a,b\n")
	e.put(t, "files/out.csv", "from before")
	s := e.finish(t, e.request("files/many.csv", "files/out.csv"))
	if s.StatusCode != "Failed" || !strings.Contains(s.details(), "row 150001") {
		t.Errorf("the job is %s: %s", s.StatusCode, s.details())
	}
	_, _, waiting, err := e.storage.Blocks(context.Background(), "files", "out.csv")
	if err != nil || len(waiting) != 0 || e.get(t, "files/out.csv") != "from before" {
		t.Errorf("%d blocks wait, %v; the output's name holds %.100q", len(waiting), err, e.get(t, "files/out.csv"))
	}
}

// FuzzSubmit submits bodies that a client may have made up: each is refused with
// a documented error, or becomes a job whose status can be asked for.
func FuzzSubmit(f *testing.F) {
	e := newEndpoint(f)
	live := e.Services.Find(e.base[len(e.base)-32:])
	in := e.reference("files/data.csv")
	for _, body := range []string{
		e.request("files/data.csv", "files/out.csv"), e.request("/files/a b.tsv", ""),
		`{"Inputs":{"input1":` + in + `},"Outputs":{"output1":null},"GlobalParameters":null,"AzureBatchPoolId":[{}]}`,
		`{"Input":` + in + `,"Inputs":{"input1":` + in + `}}`,
		`{"input":{"connectionstring":null,"BaseLocation":"http://x","RelativeLocation":"a/b.csv","SasBlobToken":"?sig=x"},"Outputs":{}}`,
		`{"Input":[],"Outputs":"x"}`, "\ufeff{}", "null",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		submission, err := decodeJob(body, live.Plan)
		var id string
		if err == nil {
			id, err = e.Jobs.Submit(context.Background(), live, submission)
		}
		if err != nil {
			if w, internal := failureOf(err); internal || w.status != http.StatusBadRequest {
				t.Errorf("%q: %d %v", body, w.status, err)
			}
			return
		}
		if s := e.status(t, id); s.StatusCode != "NotStarted" {
			t.Errorf("%q became a job that is %s", body, s.StatusCode)
		}
	})
}
