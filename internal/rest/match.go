package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico/internal/fault"
)

// node is one place in the tree of all patterns' segments.
type node struct {
	fixed  map[string]*node  // by lower-case segment
	any    *node             // {name}
	routes map[string]*Route // by method, of the patterns that end here
	rest   map[string]*Route // by method, of the patterns whose {name...} begins here
}

func (n *node) add(route *Route) {
	names := segments(route.Pattern)
	for i, s := range names {
		if s == "{"+parameter(s)+"...}" {
			if i < len(names)-1 {
				panic("rest: " + route.Pattern + ": only the last segment may catch all that is left")
			}
			n.rest = put(n.rest, route)
			return
		}
		if parameter(s) != "" {
			if n.any == nil {
				n.any = &node{}
			}
			n = n.any
			continue
		}
		key := strings.ToLower(s)
		if n.fixed == nil {
			n.fixed = map[string]*node{}
		}
		if n.fixed[key] == nil {
			n.fixed[key] = &node{}
		}
		n = n.fixed[key]
	}
	n.routes = put(n.routes, route)
}

func put(routes map[string]*Route, route *Route) map[string]*Route {
	if routes == nil {
		routes = map[string]*Route{}
	}
	if old := routes[route.Method]; old != nil {
		panic("rest: " + route.Method + " " + route.Pattern + " and " + old.Pattern + " are the same")
	}
	routes[route.Method] = route
	return routes
}

// find gives the methods of the pattern that fits best: a fixed segment comes
// before {name}, which comes before {name...}.
func (n *node) find(path []string) map[string]*Route {
	if len(path) == 0 && n.routes != nil {
		return n.routes
	}
	if len(path) > 0 {
		if next := n.fixed[strings.ToLower(path[0])]; next != nil {
			if found := next.find(path[1:]); found != nil {
				return found
			}
		}
		if n.any != nil && path[0] != "" {
			if found := n.any.find(path[1:]); found != nil {
				return found
			}
		}
	}
	return n.rest
}

// match finds the row for a request and sets the request's path values.
func (h *handler) match(w http.ResponseWriter, r *http.Request) (*Route, error) {
	path := segments(r.URL.EscapedPath())
	for i, s := range path {
		decoded, err := url.PathUnescape(s)
		if err != nil {
			return nil, fault.New(fault.Invalid, "The path holds %q, which is not a percent escape.", s)
		}
		path[i] = decoded
	}
	methods := h.root.find(path)
	if methods == nil {
		return nil, fault.New(fault.NotFound, "There is nothing at %s.", r.URL.Path)
	}
	route := methods[r.Method]
	if route == nil && r.Method == http.MethodHead {
		route = methods[http.MethodGet]
	}
	if route == nil {
		allowed := make([]string, 0, len(methods)+1)
		for m := range methods {
			allowed = append(allowed, m)
		}
		if methods[http.MethodGet] != nil && methods[http.MethodHead] == nil {
			allowed = append(allowed, http.MethodHead)
		}
		slices.Sort(allowed)
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return nil, fault.New(fault.NotAllowed, "%s is not offered at %s; offered are %s.", r.Method, r.URL.Path, strings.Join(allowed, ", "))
	}
	for i, s := range segments(route.Pattern) {
		switch name := parameter(s); {
		case name == "":
		case s == "{"+name+"...}":
			r.SetPathValue(name, strings.Join(path[i:], "/"))
		default:
			if strings.ContainsAny(path[i], "/\\\x00") {
				return nil, fault.New(fault.Invalid, "The name %q in the path holds a character that no name has.", path[i])
			}
			r.SetPathValue(name, path[i])
		}
	}
	return route, nil
}

// segments splits a path; one slash at its end says nothing.
func segments(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// parameter is the name in {name} or {name...}, else "".
func parameter(segment string) string {
	inner, ok := strings.CutPrefix(segment, "{")
	if !ok {
		return ""
	}
	inner, ok = strings.CutSuffix(inner, "}")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(inner, "...")
}

// Mount sends each request to the handler of its first path segment, which
// compares without regard to case; "" takes the rest.
type Mount map[string]http.Handler

// ServeHTTP implements http.Handler.
func (m Mount) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	h := m[strings.ToLower(first)]
	if h == nil {
		h = m[""]
	}
	if h == nil {
		http.NotFound(w, r)
		return
	}
	h.ServeHTTP(w, r)
}

// LocalPath is where to go after signing in: a path of this listener, or its home page.
func LocalPath(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsFunc(next, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return "/"
	}
	return next
}
