package arm_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"portico/internal/access"
	"portico/internal/rest"
)

// leastReal is how many operations of the contract must be real (issue 4 asks for 300).
const leastReal = 382

// answers are what the routes answered in this run of the tests.
var answers tally

// tally counts the operations of the contract by what became of them.
type tally struct {
	mu         sync.Mutex
	seen       map[string]map[int]bool // by method and pattern: the statuses of success, and whether there was something in one
	operations []operation
}

// operation is one of the contract's, as Microsoft's SDK has it.
type operation struct {
	name  string // APIClient.Get
	route string // method and pattern; "" where none is reached
	// accepts tells whether the SDK takes an answer with a status.
	accepts func(status int) bool
}

// TestMain prints, after all tests, which operations of the contract answered
// them, workspaces aside: really, with an empty answer only, or not at all.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" {
		code = answers.report(os.Stdout)
	}
	os.Exit(code)
}

// watch makes the tally see what the handlers of routes answer.
func (a *tally) watch(routes []rest.Route) {
	for i := range routes {
		route := &routes[i]
		handle := route.Handle
		route.Handle = func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
			seen := &witness{ResponseWriter: w, status: http.StatusOK}
			err := handle(seen, r, who)
			if err == nil && seen.status < 300 {
				a.note(r.Method+" "+route.Pattern, seen)
			}
			return err
		}
	}
}

func (a *tally) note(route string, w *witness) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil {
		a.seen = map[string]map[int]bool{}
	}
	if a.seen[route] == nil {
		a.seen[route] = map[int]bool{}
	}
	a.seen[route][w.status] = a.seen[route][w.status] || w.hasContent(route)
}

// witness remembers an answer.
type witness struct {
	http.ResponseWriter
	status int
	body   []byte
}

func (w *witness) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *witness) Write(b []byte) (int, error) {
	w.body = append(w.body, b...)
	return w.ResponseWriter.Write(b)
}

// hasContent tells whether there is something in an answer: a list has members,
// a document has fields, and what is changed or asked by HEAD needs no body.
func (w *witness) hasContent(route string) bool {
	if !strings.HasPrefix(route, "GET ") {
		return true
	}
	var document map[string]json.RawMessage
	if json.Unmarshal(w.body, &document) != nil {
		return len(w.body) > len("[]")
	}
	if list, ok := document["value"]; ok {
		return string(list) != "[]" && string(list) != "null"
	}
	return len(document) > 0
}

// report prints the tally, and gives 1 where too few operations are real.
func (a *tally) report(to io.Writer) int {
	var hollow, silent, refused, missing []string
	real := 0
	for _, o := range a.operations {
		statuses := a.seen[o.route]
		var listed, content bool
		for status, has := range statuses {
			if o.accepts(status) {
				listed, content = true, content || has
			}
		}
		switch {
		case o.route == "":
			missing = append(missing, o.name)
		case len(statuses) == 0:
			silent = append(silent, o.name)
		case !listed:
			refused = append(refused, o.name)
		case !content:
			hollow = append(hollow, o.name)
		default:
			real++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "operations: %d of %d answer with a listed status and real content\n", real, len(a.operations))
	for _, group := range []struct {
		what  string
		names []string
	}{{"empty", hollow}, {"offered, and no test calls them", silent}, {"with a status that is not listed", refused}, {"not offered", missing}} {
		slices.Sort(group.names)
		fmt.Fprintf(&b, "operations %s: %d %s\n", group.what, len(group.names), strings.Join(group.names, ", "))
	}
	if _, err := io.WriteString(to, b.String()); err != nil || real < leastReal || len(refused) > 0 {
		return 1
	}
	return 0
}

// TestSDKOperationsAreFound finds the route of every operation of Microsoft's SDK, workspaces aside, and the statuses that it takes.
func TestSDKOperationsAreFound(t *testing.T) {
	f := newFixture(t)
	var reached string
	status := http.StatusNotFound
	for i := range f.Routes {
		route := &f.Routes[i]
		route.Handle = func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
			reached = r.Method + " " + route.Pattern
			w.WriteHeader(status)
			if r.Method != http.MethodHead && status != http.StatusNoContent {
				_, err := io.WriteString(w, "{}")
				return err
			}
			return nil
		}
	}
	sdk := f.sdk(t, false)
	factory := reflect.ValueOf(sdk)
	for i := range factory.NumMethod() {
		m := factory.Type().Method(i)
		if !strings.HasPrefix(m.Name, "New") || !strings.HasSuffix(m.Name, "Client") || strings.Contains(m.Name, "Workspace") {
			continue
		}
		c := sdkClient{t: t, client: factory.Method(i).Call(nil)[0]}
		for j := range c.client.NumMethod() {
			reached, status = "", http.StatusNotFound
			_ = c.request(c.client.Method(j)) // it is refused
			o := operation{name: strings.TrimPrefix(m.Name, "New") + "." + c.client.Type().Method(j).Name, route: reached}
			var taken []int
			for _, status = range []int{200, 201, 202, 204} {
				if reached != "" && c.request(c.client.Method(j)) == nil {
					taken = append(taken, status)
				}
			}
			o.accepts = func(status int) bool { return slices.Contains(taken, status) }
			answers.operations = append(answers.operations, o)
		}
	}
	if len(answers.operations) != 443 {
		t.Errorf("the SDK has %d operations, want 443", len(answers.operations))
	}
}

// request sends the request of an operation, and gives the SDK's opinion of the answer.
func (c sdkClient) request(m reflect.Value) error {
	var args []reflect.Value
	strings := 0
	for i := range m.Type().NumIn() {
		in := m.Type().In(i)
		switch in.Kind() {
		case reflect.Interface:
			args = append(args, reflect.ValueOf(ctx))
		case reflect.String:
			text := "x"
			if strings < 2 {
				text = []string{group, service}[strings]
			}
			strings++
			args = append(args, reflect.ValueOf(text).Convert(in))
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	out := m.Call(args)
	if next := out[0].MethodByName("NextPage"); next.IsValid() {
		out = next.Call([]reflect.Value{reflect.ValueOf(ctx)})
	}
	err, _ := out[len(out)-1].Interface().(error)
	var refused *azcore.ResponseError
	if errors.As(err, &refused) {
		return refused
	}
	return nil // what it cannot read in our answer has nothing to do with the status
}
