package app

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/config"
	"portico/internal/rest"
	"portico/internal/web"
)

var update = flag.Bool("update", false, "write docs/permissions.md anew")

const permissionsPage = "../../docs/permissions.md"

// wires are all our HTTP APIs over route tables, by the name that the page gives them.
func (r *rooms) wires(a *app) map[string]rest.API {
	return map[string]rest.API{
		"Management API (console)": r.management(a), "Studio API (console)": r.studio(a), "Console": r.pages(a, web.Built()), "Developer API (portal)": r.developerAPI(a), "Scoring listener": r.scoring.API(),
	}
}

// opened is a product that is open and does not serve.
func opened(t *testing.T) *app {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.Flags(flags)
	args := []string{"--data", t.TempDir()}
	for _, l := range []string{"gateway", "console", "scoring", "portal", "storage"} {
		args = append(args, "--"+l+"-addr", "127.0.0.1:0")
	}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{cfg: cfg, log: slog.New(slog.NewTextHandler(io.Discard, nil)), out: io.Discard, begun: time.Now(), health: &health{}}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	if err := a.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// callers are the Authorization headers of nobody, of each role of the staff, and of a developer.
func callers(t *testing.T, r *rooms) map[access.Role]string {
	t.Helper()
	ctx := context.Background()
	headers := map[access.Role]string{"": ""}
	for _, role := range access.Roles() {
		value, _, err := r.auth.Tokens.Create(ctx, string(role), role, nil)
		if err != nil {
			t.Fatal(err)
		}
		headers[role] = "Bearer " + value
	}
	token, err := access.UserToken(r.keeper, "ann", ann(), access.PrimaryKey, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	headers[access.Developer] = `SharedAccessSignature token="` + token + `"`
	return headers
}

// ann is the developer who calls.
func ann() *access.User {
	return &access.User{Email: "ann@example.com", FirstName: "Ann", LastName: "Lee", State: access.UserActive}
}

var pathValue = regexp.MustCompile(`\{[^}]*\}`)

// TestWhoMayDoWhat calls every route of every API of the open product as nobody,
// as each role of the staff and as a developer, with real credentials: those who
// may not are refused before anything happens, and the others are not.
func TestWhoMayDoWhat(t *testing.T) {
	a := opened(t)
	headers := callers(t, a.rooms)
	for name, api := range a.rooms.wires(a) {
		handler := api.Handler()
		for _, route := range api.Routes {
			target := strings.NewReplacer("{subscriptionId}", subscriptionID, "{resourceGroupName}", "portico", "{serviceName}", "portico",
				"{workspace}", a.rooms.workspace, "{userId}", "ann").Replace(route.Pattern)
			target = pathValue.ReplaceAllString(target, "x") + "?api-version=2024-05-01"
			for role, header := range headers {
				// A call before may have closed the account, or signed it out everywhere.
				if _, err := a.rooms.records.Apply(t.Context(), catalog.Seal(a.rooms.keeper, access.UserPath("ann"), ann(), "")); err != nil {
					t.Fatal(err)
				}
				r := httptest.NewRequest(route.Method, target, strings.NewReader("{}"))
				if header != "" {
					r.Header.Set("Authorization", header)
				}
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				may := granted(name, role, route.Permission)
				refused := w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden && bytes.Contains(w.Body.Bytes(), []byte("it needs the permission"))
				if route.Permission != access.Anyone && refused == may {
					t.Errorf("%s: %s %s as %q: got %d %s; granted: %v", name, route.Method, target, role, w.Code, w.Body, may)
				}
				if !may && w.Code < 300 {
					t.Errorf("%s: %s %s as %q was done: %d", name, route.Method, target, role, w.Code)
				}
			}
		}
	}
}

// granted tells whether a role's credentials open a route: a developer's open
// those of the portal, the staff's all others.
func granted(wire string, role access.Role, need access.Permission) bool {
	onPortal := strings.HasPrefix(wire, "Developer")
	if need != access.Anyone && onPortal != (role == access.Developer) {
		return false
	}
	return access.May(access.Principal{Roles: []access.Role{role}}, need)
}

// TestPermissionsPage holds docs/permissions.md to the route tables.
func TestPermissionsPage(t *testing.T) {
	a := opened(t)
	want := page(a.rooms.wires(a))
	if *update {
		if err := os.WriteFile(permissionsPage, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(permissionsPage)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/permissions.md is not what the route tables say, %v: run go test ./internal/app -run Page -update", err)
	}
}

// page writes who may do what.
func page(wires map[string]rest.API) []byte {
	var b bytes.Buffer
	b.WriteString(`# Who may do what

Made from the route tables by ` + "`go test ./internal/app -run Page -update`" + `; ` + "`TestWhoMayDoWhat`" + ` calls every row as nobody, as each role and as a developer.
Members of staff and tokens have the first four roles. A developer is somebody of the developer portal; what is somebody else's is 403 or not found there (docs/developer-api.md).

| permission | administrator | publisher | data scientist | viewer | developer | anyone |
|---|---|---|---|---|---|---|
`)
	var needs []access.Permission
	for _, api := range wires {
		for _, route := range api.Routes {
			if !slices.Contains(needs, route.Permission) {
				needs = append(needs, route.Permission)
			}
		}
	}
	slices.Sort(needs)
	for _, need := range needs {
		fmt.Fprintf(&b, "| %s |", need)
		for _, role := range append(access.Roles(), access.Developer, "") {
			mark := ""
			if access.May(access.Principal{Roles: []access.Role{role}}, need) && !(need == access.UsePortal && role == access.Administrator) {
				mark = "yes"
			}
			fmt.Fprintf(&b, " %s |", mark)
		}
		b.WriteString("\n")
	}
	names := make([]string, 0, len(wires))
	for name := range wires {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "\n## %s\n\n| path | methods |\n|---|---|\n", name)
		writeRoutes(&b, wires[name].Routes)
	}
	return b.Bytes()
}

// armPrefix is what every path of the management API begins with.
const armPrefix = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.ApiManagement/service/{serviceName}"

func writeRoutes(b *bytes.Buffer, routes []rest.Route) {
	methods := map[string]map[access.Permission][]string{}
	var paths []string
	for _, r := range routes {
		path := strings.Replace(r.Pattern, armPrefix, "…", 1)
		if methods[path] == nil {
			methods[path] = map[access.Permission][]string{}
			paths = append(paths, path)
		}
		methods[path][r.Permission] = append(methods[path][r.Permission], r.Method)
	}
	slices.Sort(paths)
	for _, path := range paths {
		var cells []string
		for need, list := range methods[path] {
			slices.Sort(list)
			cells = append(cells, strings.Join(list, ", ")+": "+string(need))
		}
		slices.SortFunc(cells, func(x, y string) int { return cmp.Compare(x, y) })
		fmt.Fprintf(b, "| `%s` | %s |\n", path, strings.Join(cells, "; "))
	}
}
