package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/record"
	"portico/internal/secret"
)

func TestOf(t *testing.T) {
	keys, err := secret.New(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	sealed := keys.Seal("x", "the secret")
	rec := func(path, body string) record.Record {
		return record.Record{Path: path, Body: json.RawMessage(body), Updated: time.Unix(1, 0)}
	}
	ann := record.Actor{Name: "administrator ann", Address: "192.0.2.1", RequestID: "r1"}
	for _, c := range []struct {
		name                    string
		change                  record.Applied
		actor                   record.Actor
		want                    string // action actor path
		before, after, notShown string
	}{
		{"create", record.Applied{New: rec("/apis/a", `{"path":"a","n":1.50}`)}, ann, "create administrator ann /apis/a", "", `{"n":1.50,"path":"a"}`, ""},
		{"update", record.Applied{Old: rec("/apis/a", `{"path":"a"}`), New: rec("/apis/a", `{"path":"b"}`)}, ann, "update administrator ann /apis/a", `{"path":"a"}`, `{"path":"b"}`, ""},
		{"delete", record.Applied{Old: rec("/apis/a", `{}`)}, record.Actor{}, "delete portico /apis/a", `{}`, "", ""},
		{"sealed values", record.Applied{New: rec("/backends/b", `{"credentials":{"header":{"x":["`+sealed+`"]}}}`)}, ann,
			"create administrator ann /backends/b", "", `{"credentials":{"header":{"x":["***"]}}}`, sealed},
		{"hashes", record.Applied{New: rec("/administrators/a", `{"passwordHash":"$argon2id$x","setupHash":""}`)}, ann,
			"create administrator ann /administrators/a", "", `{"passwordHash":"***","setupHash":""}`, "argon2id"},
		{"large", record.Applied{New: rec("/apis/a/definitions/source", `"`+strings.Repeat("x", audit.MaxBody)+`"`)}, ann,
			"create administrator ann /apis/a/definitions/source", "", fmt.Sprintf(`{"bytes":%d}`, audit.MaxBody+2), ""},
		{"a session begins", record.Applied{New: rec("/sessions/1", `{}`)}, ann, "create administrator ann /sessions/1", "", `{}`, ""},
		{"a session is used", record.Applied{Old: rec("/sessions/1", `{}`), New: rec("/sessions/1", `{"seen":1}`)}, ann, "", "", "", ""},
		{"nothing changes", record.Applied{Old: rec("/apis/a", `{}`), New: rec("/apis/a", `{}`)}, ann, "", "", "", ""},
		{"work of the program", record.Applied{New: rec("/workspaces/w/experiments/e/runs/r", `{}`)}, ann, "", "", "", ""},
	} {
		e, logged := audit.Of(c.change, c.actor)
		if logged != (c.want != "") {
			t.Errorf("%s: logged is %v", c.name, logged)
		}
		if !logged {
			continue
		}
		if got := e.Action + " " + e.Actor + " " + e.Path; got != c.want || string(e.Before) != c.before || string(e.After) != c.after {
			t.Errorf("%s: got %s, before %s, after %s", c.name, got, e.Before, e.After)
		}
		if c.notShown != "" && strings.Contains(string(e.After), c.notShown) {
			t.Errorf("%s: the entry shows %s", c.name, c.notShown)
		}
	}
}
