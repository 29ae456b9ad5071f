package gateway

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/cache"
	"portico/internal/catalog"
	"portico/internal/limit"
	"portico/internal/policy"
	"portico/internal/record"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestPolicyCalls makes the calls of testdata/calls/*.txt and compares what
// clients and backends saw with the .golden file beside it. A file has parts
// that begin with a line "== what":
//
//	== policy      the sections of the API's document, rawxml
//	== operation /apis/a/operations/op0   its record, GET /x; op1 is POST /x
//	== schema /schemas/s                  a schema's record
//	== backend     what the backend answers from now on: status, headers, body
//	== side /path  what another server answers at that path
//	== call        a request line, headers and body
//	== wait 1m     time that passes
//
// $BACKEND and $SIDE are the servers' URLs. The API has the operation GET and
// POST /x in the product context of the subscription "sub".
func TestPolicyCalls(t *testing.T) {
	files, err := filepath.Glob("testdata/calls/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := newStage(t).play(string(source))
			file := strings.TrimSuffix(file, ".txt") + ".golden"
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want, err := os.ReadFile(file); err != nil || got != string(want) {
				t.Errorf("%s differs (run with -update to accept):\n%s", file, got)
			}
		})
	}
}

// stage is a gateway with the two servers of a file.
type stage struct {
	*world
	backend, side *scripted
	mu            sync.Mutex
	now           time.Time
}

// scripted is a server that answers what it was told, by path, and keeps what it was asked.
type scripted struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]string // "" is every other path
	asked   []string
}

func newScripted(t *testing.T) *scripted {
	s := &scripted{answers: map[string]string{"": "200"}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Host != strings.TrimPrefix(s.URL, "http://") {
		r.Header.Set("Host", r.Host)
	}
	s.asked = append(s.asked, fmt.Sprintf("%s %s\n%s", r.Method, r.URL, shown(r.Header, string(body))))
	answer, ok := s.answers[r.URL.Path]
	if !ok {
		answer = s.answers[""]
	}
	head, text, _ := strings.Cut(answer, "\n\n")
	lines := strings.Split(head, "\n")
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ": ")
		w.Header().Add(name, value)
	}
	status, _ := strconv.Atoi(lines[0])
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (s *scripted) tell(path, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = answer
}

// saw gives what the server was asked since the last time.
func (s *scripted) saw() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// changing are the headers that differ from run to run, or that every request to a backend gets.
var changing = []string{"Date", "X-Ms-Request-Id", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Via", "Accept-Encoding", "Content-Length", "Ocp-Apim-Subscription-Key"}

// shown writes headers in order, and a body.
func shown(h http.Header, body string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if !slices.Contains(changing, name) {
			for _, v := range h[name] {
				fmt.Fprintf(&b, "%s: %s\n", name, v)
			}
		}
	}
	if body != "" {
		b.WriteString("\n" + strings.TrimSuffix(body, "\n") + "\n")
	}
	return b.String()
}

func newStage(t *testing.T) *stage {
	s := &stage{backend: newScripted(t), side: newScripted(t), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	clock := func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.now
	}
	s.world = newWorld(t, func(c *Config) {
		c.Now, c.Services.Now, c.Services.Cache = clock, clock, cache.NewMemory(8<<20, clock)
		c.Services.Rates = limit.NewMemoryRates(clock)
		c.Services.Quotas = limit.NewStoredQuotas(&reservations{kept: map[string]limit.Reservation{}}, clock, c.Log)
		c.Services.ManagedIdentities = []policy.ManagedIdentity{{TokenURL: s.side.URL + "/token", ClientID: "id", ClientSecret: "secret"}, {Name: "fixed", Static: "always"}}
	})
	s.world.api("a", catalog.API{Path: "a", ServiceURL: s.backend.URL}, "GET /x", "POST /x")
	s.subscription("sub", "/apis/a")
	return s
}

func (s *stage) play(source string) string {
	var out strings.Builder
	source = strings.NewReplacer("$BACKEND", s.backend.URL, "$SIDE", s.side.URL).Replace(source)
	for i, part := range strings.Split("\n"+source, "\n== ") {
		what, text, _ := strings.Cut(strings.TrimSuffix(part, "\n"), "\n")
		what, argument, _ := strings.Cut(what, " ")
		switch what {
		case "policy":
			s.policy(map[string]string{"": catalog.APIPath("a"), "product": catalog.ProductPath("p")}[argument], text) // or global
		case "product": // the calls are its from here on
			s.product("p", false, "a")
			s.subscription("sub", "/products/p")
		case "operation", "schema":
			s.apply(record.Change{Op: record.Put, Path: argument, Body: json.RawMessage(text)})
		case "backend":
			s.backend.tell("", text)
		case "side":
			s.side.tell(argument, text)
		case "wait":
			d, err := time.ParseDuration(argument)
			if err != nil {
				s.t.Fatal(err)
			}
			s.mu.Lock()
			s.now = s.now.Add(d)
			s.mu.Unlock()
		case "call":
			head, body, _ := strings.Cut(text, "\n\n")
			lines := strings.Split(head, "\n")
			a := s.callWith(lines[0], strings.NewReader(body), append(lines[1:], "Ocp-Apim-Subscription-Key: sub-1")...)
			fmt.Fprintf(&out, "== client %d\n%s", a.status, shown(a.header, a.body))
			for _, asked := range s.side.saw() {
				out.WriteString("== side saw " + asked)
			}
			for _, asked := range s.backend.saw() {
				out.WriteString("== backend saw " + asked)
			}
		case "":
		default:
			s.t.Fatalf("part %d: what is %q?", i, what)
		}
	}
	activity := func(text string) string { // differs from call to call
		if i := strings.Index(text, `"activityId": "`); i >= 0 {
			return text[:i] + `"activityId": "…" }`
		}
		return text
	}
	lines := strings.Split(out.String(), "\n")
	for i := range lines {
		lines[i] = activity(lines[i])
	}
	return strings.NewReplacer(s.backend.URL, "$BACKEND", s.side.URL, "$SIDE", s.server.URL, "$GATEWAY").Replace(strings.Join(lines, "\n"))
}

func TestCallsAreRecordedWithTheirUseOfTheCache(t *testing.T) {
	for name, test := range map[string]struct {
		calls int
		want  string
	}{"miss": {1, "miss"}, "hit": {2, "hit"}} {
		s := newStage(t)
		s.policy(catalog.APIPath("a"), `<inbound><base /><cache-lookup vary-by-developer="false" vary-by-developer-groups="false" /></inbound><outbound><cache-store duration="60" /></outbound>`)
		for range test.calls {
			s.call("GET /a/x", "Ocp-Apim-Subscription-Key: sub-1")
		}
		if c := s.lastCall(); c.Cache != test.want {
			t.Errorf("%s: recorded as %q", name, c.Cache)
		}
	}
}
