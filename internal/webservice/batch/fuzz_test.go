package batch

import (
	"net/url"
	"strings"
	"testing"

	"portico/internal/blob/account"
	"portico/internal/blob/server"
	"portico/internal/fault"
)

// FuzzReference reads references that a client may have made up: each is refused
// with a documented code, or names a blob that the storage account would take.
func FuzzReference(f *testing.F) {
	f.Add("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=a2V5", "/container/mydatablob.csv", "", "")
	f.Add("AccountName=a;AccountKey=k;BlobEndpoint=http://127.0.0.1:10000/a/", "files/a b.nh.tsv", "", "")
	f.Add("BlobEndpoint=https://b.example;SharedAccessSignature=?sv=1&sig=x", "files/%2e%2e/x.csv", "", "")
	f.Add("", "files/a%20b.csv", "https://acct.blob.core.windows.net/", "?sv=2013-08-15&sr=b&sig=x")
	f.Add("UseDevelopmentStorage=true", "//", "http://", "?")
	f.Fuzz(func(t *testing.T, connection, relative, base, token string) {
		l := &location{Reference: Reference{ConnectionString: connection, RelativeLocation: relative, BaseLocation: base, SasBlobToken: token}}
		read := l.fromConnectionString
		if strings.TrimSpace(connection) == "" {
			read = l.fromBase
		}
		err := read(`input "i"`)
		if err == nil {
			err = l.name(`input "i"`, server.MayRead)
		}
		if err != nil {
			if e := fault.As(err); e.Code == "" || e.Kind != fault.Invalid {
				t.Fatalf("refused without a documented code: %v", err)
			}
			return
		}
		u, err := url.Parse(l.endpoint)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("the account is at %q", l.endpoint)
		}
		if account.CheckContainerName(l.container) != nil || account.CheckBlobName(l.blob) != nil || l.format == "" || l.key == "" && l.signature == "" {
			t.Errorf("took %+v", l)
		}
	})
}
