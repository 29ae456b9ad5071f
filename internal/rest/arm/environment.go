package arm

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/mail"
	"portico/internal/policy"
	"portico/internal/record"
	"portico/internal/rest"
)

// environmentRoutes tell what this instance can do and what it reaches.
func (a *api) environmentRoutes() []rest.Route {
	const deleted = subscriptionPattern + "/providers/" + provider + "/locations/{location}/deletedservices/{deletedName}"
	return []rest.Route{
		a.row(http.MethodGet, subscriptionPattern+"/providers/"+provider+"/skus", access.ReadCatalog, a.allSKUs),
		a.row(http.MethodGet, deleted, access.ReadCatalog, a.deletedService),
		a.row(http.MethodDelete, deleted, access.AdministerService, purgeService),
		a.route(http.MethodGet, "/policyDescriptions", access.ReadCatalog, a.policyDescriptions),
		a.route(http.MethodGet, "/outboundNetworkDependenciesEndpoints", access.ReadCatalog, a.outbound),
		a.route(http.MethodPost, "/connectivityCheck", access.WriteCatalog, a.checkConnectivity),
		a.route(http.MethodPost, "/applynetworkconfigurationupdates", access.AdministerService, a.applyNetwork),
		a.route(http.MethodPost, "/getssotoken", access.AdministerPeople, a.administratorSignIn),
	}
}

// providerOperation is Operation of the provider's list.
type providerOperation struct {
	Name    string            `json:"name"`
	Display map[string]string `json:"display"`
	Origin  string            `json:"origin"`
}

// providerOperations makes the list of what can be granted of a table of routes.
func (a *api) providerOperations(routes []rest.Route) rest.Route {
	verbs := map[string]string{http.MethodGet: "read", http.MethodHead: "read", http.MethodPut: "write", http.MethodPatch: "write", http.MethodDelete: "delete", http.MethodPost: "action"}
	seen := map[string]providerOperation{}
	for _, r := range routes {
		_, path, _ := strings.Cut(r.Pattern, "/providers/"+provider)
		var kinds []string
		for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
			if !strings.HasPrefix(part, "{") {
				kinds = append(kinds, part)
			}
		}
		name := provider + "/" + strings.Join(append(kinds, verbs[r.Method]), "/")
		seen[strings.ToLower(name)] = providerOperation{name, map[string]string{
			"provider": provider, "resource": strings.Join(kinds, "/"), "operation": verbs[r.Method], "description": r.Method + " " + path,
		}, "user"}
	}
	var all []providerOperation
	for _, o := range seen {
		all = append(all, o)
	}
	slices.SortFunc(all, func(x, y providerOperation) int { return strings.Compare(x.Name, y.Name) })
	return a.row(http.MethodGet, "/providers/"+provider+"/operations", access.ReadCatalog, func(w http.ResponseWriter, _ *http.Request, _ access.Principal) error {
		return writeFlat(w, all)
	})
}

// allSKUs lists the tiers as the provider has them; the instance's own list is at its skus.
func (a *api) allSKUs(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	s, _, err := a.service(r)
	if err != nil {
		return err
	}
	type sku struct {
		Name         string   `json:"name"`
		ResourceType string   `json:"resourceType"`
		Locations    []string `json:"locations"`
		APIVersions  []string `json:"apiVersions"`
	}
	var all []sku
	for _, name := range catalog.SKUs() {
		all = append(all, sku{name, "service", []string{s.Location}, versions})
	}
	return writeFlat(w, all)
}

// deletedService answers for an instance that was deleted: none is kept.
func (a *api) deletedService(_ http.ResponseWriter, r *http.Request, _ access.Principal) error {
	return fault.New(fault.NotFound, "Deleted service not found: %s. Nothing is kept of an instance that was deleted.", r.PathValue("deletedName"))
}

// purgeService answers as for what is gone already.
func purgeService(w http.ResponseWriter, _ *http.Request, _ access.Principal) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// scopeBits are the scopes of a policy's description, which are added up.
var scopeBits = map[string]int64{"global": 1, "product": 2, "api": 4, "operation": 8}

// policyDescriptions lists the policies that may stand in ?scope=, or all. The
// declaration of each, an addition of ours, feeds editors.
func (a *api) policyDescriptions(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	scope := strings.ToLower(query.Get("scope"))
	if scope == "tenant" || scope == "all" {
		scope = map[string]string{"tenant": "global"}[scope]
	}
	if scope != "" && scopeBits[scope] == 0 {
		return catalog.Incorrect().With(catalog.CodeValidation, "scope", "%q is not a scope: use Tenant, Product, Api, Operation or All.", query.Get("scope"))
	}
	var all []envelope
	for _, d := range a.Policies.Describe() {
		bits := int64(0)
		for _, s := range d.Scopes {
			bits += scopeBits[strings.ToLower(s)]
		}
		if !d.Offered || scope != "" && bits&scopeBits[scope] == 0 {
			continue
		}
		path := "/policyDescriptions/" + d.Name
		all = append(all, envelope{ID: a.serviceID + path, Type: typeOf(path), Name: d.Name, Properties: map[string]any{"description": describe(d), "scope": bits, "declaration": d}})
	}
	return writeFlat(w, all)
}

// describe says in a sentence or two where a policy stands and what it takes.
func describe(d policy.Description) string {
	text := "Stands in " + strings.Join(d.Sections, ", ") + "."
	var attributes []string
	for _, a := range d.Form.Attributes {
		name := a.Name
		if a.Required {
			name += " (required)"
		}
		attributes = append(attributes, name)
	}
	if len(attributes) > 0 {
		text += " Attributes: " + strings.Join(attributes, ", ") + "."
	}
	return text
}

// endpointDependency is EndpointDependency.
type endpointDependency struct {
	Domain  string           `json:"domainName"`
	Details []map[string]any `json:"endpointDetails"`
}

// outbound lists the hosts that are called by what is set now: backends and the mail server.
func (a *api) outbound(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	s, _, err := a.service(r)
	if err != nil {
		return err
	}
	found := map[string]map[string]bool{}
	add := func(category, host string, port int) {
		if found[category] == nil {
			found[category] = map[string]bool{}
		}
		found[category][net.JoinHostPort(host, strconv.Itoa(port))] = true
	}
	for _, of := range []struct{ collection, member string }{{catalog.APIs, "serviceUrl"}, {"/backends", "url"}} {
		recs, err := a.records.List(r.Context(), of.collection)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			properties, _, err := record.Get[map[string]any](r.Context(), a.records, rec.Path)
			if err != nil {
				return err
			}
			text, _ := properties[of.member].(string)
			if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
				add("Backends", u.Hostname(), portOf(u))
			}
		}
	}
	server, _, err := record.Get[mail.Server](r.Context(), a.records, mail.Servers+"/"+mail.DefaultServer)
	if err == nil {
		add("SMTP", server.Host, server.Port)
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	type category struct {
		Category  string               `json:"category"`
		Endpoints []endpointDependency `json:"endpoints"`
	}
	all := []category{}
	for _, name := range []string{"Backends", "SMTP"} {
		c := category{Category: name, Endpoints: []endpointDependency{}}
		for _, address := range sortedKeys(found[name]) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return err
			}
			number, err := strconv.Atoi(port)
			if err != nil {
				return err
			}
			c.Endpoints = append(c.Endpoints, endpointDependency{host, []map[string]any{{"port": number, "region": s.Location}}})
		}
		if len(c.Endpoints) > 0 {
			all = append(all, c)
		}
	}
	return rest.WriteJSON(w, http.StatusOK, map[string]any{"value": all})
}

func sortedKeys(set map[string]bool) []string {
	keys := make([]string, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// portOf is the port that a URL means.
func portOf(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	if u.Scheme == "https" {
		return 443
	}
	return 80
}

// Probes of a connectivity check.
const (
	probes      = 3
	probeWithin = 5 * time.Second
)

// connectivityRequest is ConnectivityCheckRequest.
type connectivityRequest struct {
	Destination struct {
		Address string `json:"address"`
		Port    int    `json:"port"`
	} `json:"destination"`
	Protocol      string `json:"protocol"` // TCP, HTTP or HTTPS
	Configuration struct {
		HTTP struct {
			Method  string `json:"method"`
			Valid   []int  `json:"validStatusCodes"`
			Headers []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
			} `json:"headers"`
		} `json:"httpConfiguration"`
	} `json:"protocolConfiguration"`
}

func (c *connectivityRequest) check() error {
	bad := catalog.Incorrect()
	c.Protocol = strings.ToUpper(c.Protocol)
	switch c.Protocol {
	case "":
		c.Protocol = "TCP"
	case "TCP", "HTTP", "HTTPS":
	default:
		bad.With(catalog.CodeValidation, "protocol", "%q is not a protocol: use TCP, HTTP or HTTPS.", c.Protocol)
	}
	if c.Destination.Address == "" || len(c.Destination.Address) > 2000 {
		bad.With(catalog.CodeValidation, "destination.address", "destination.address must be a host, or for HTTP and HTTPS a URL.")
	}
	if c.Destination.Port < 1 || c.Destination.Port > 65535 {
		bad.With(catalog.CodeValidation, "destination.port", "destination.port must be 1 to 65535 and is %d.", c.Destination.Port)
	}
	switch c.Configuration.HTTP.Method = strings.ToUpper(c.Configuration.HTTP.Method); c.Configuration.HTTP.Method {
	case "":
		c.Configuration.HTTP.Method = http.MethodGet
	case http.MethodGet, http.MethodPost:
	default:
		bad.With(catalog.CodeValidation, "protocolConfiguration.httpConfiguration.method", "%q is not a method of a check: use GET or POST.", c.Configuration.HTTP.Method)
	}
	return bad.OrNil()
}

// checkConnectivity calls a host some times, under the rule of what staff may call, and tells how that went.
func (a *api) checkConnectivity(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var c connectivityRequest
	if err := rest.DecodeJSON(r, &c); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	type hop struct {
		Type    string           `json:"type"`
		ID      string           `json:"id"`
		Address string           `json:"address"`
		Next    []string         `json:"nextHopIds"`
		Issues  []map[string]any `json:"issues"`
	}
	answer := struct {
		Hops    []hop  `json:"hops"`
		Status  string `json:"connectionStatus"`
		Average int64  `json:"avgLatencyInMs"`
		Least   int64  `json:"minLatencyInMs"`
		Most    int64  `json:"maxLatencyInMs"`
		Sent    int    `json:"probesSent"`
		Failed  int    `json:"probesFailed"`
	}{Sent: probes, Hops: []hop{
		{Type: "Source", ID: "source", Address: "", Next: []string{"destination"}, Issues: []map[string]any{}},
		{Type: "Internet", ID: "destination", Address: c.Destination.Address, Next: []string{}, Issues: []map[string]any{}},
	}}
	var sum time.Duration
	for range probes {
		began := time.Now()
		local, err := a.probe(r.Context(), c)
		took := time.Since(began)
		if local != "" {
			answer.Hops[0].Address = local
		}
		if err != nil {
			if fault.Is(err, fault.Forbidden) {
				return err
			}
			answer.Failed++
			answer.Hops[1].Issues = []map[string]any{{"origin": "Outbound", "severity": "Error", "type": issueType(err), "context": []map[string]string{{"error": err.Error()}}}}
			continue
		}
		sum += took
		answer.Most = max(answer.Most, took.Milliseconds())
		if passed := answer.Sent - answer.Failed; passed == probes || answer.Least == 0 || took.Milliseconds() < answer.Least {
			answer.Least = took.Milliseconds()
		}
	}
	switch passed := answer.Sent - answer.Failed; {
	case passed == 0:
		answer.Status = "Disconnected"
	case answer.Failed > 0:
		answer.Status, answer.Average = "Degraded", sum.Milliseconds()/int64(passed)
	default:
		answer.Status, answer.Average = "Connected", sum.Milliseconds()/int64(passed)
	}
	return rest.WriteJSON(w, http.StatusOK, answer)
}

func issueType(err error) string {
	if strings.Contains(err.Error(), "lookup") {
		return "DnsResolution"
	}
	return "Unknown"
}

// probe makes one connection, and one call over it where the protocol has calls. local is this end's address.
func (a *api) probe(ctx context.Context, c connectivityRequest) (local string, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	target, err := url.Parse(c.Destination.Address)
	if err != nil || target.Host == "" {
		target = &url.URL{Host: c.Destination.Address, Path: "/"}
	}
	address := net.JoinHostPort(target.Hostname(), strconv.Itoa(c.Destination.Port))
	conn, err := a.Dial(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	local, _, err = net.SplitHostPort(conn.LocalAddr().String())
	if err != nil || c.Protocol == "TCP" {
		return local, err
	}
	target.Scheme, target.Host = strings.ToLower(c.Protocol), address
	req, err := http.NewRequestWithContext(ctx, c.Configuration.HTTP.Method, target.String(), http.NoBody)
	if err != nil {
		return local, err
	}
	for _, h := range c.Configuration.HTTP.Headers {
		req.Header.Set(h.Name, h.Value)
	}
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
	res, err := transport.RoundTrip(req) // no redirect is followed: it is the answer
	if err != nil {
		return local, err
	}
	defer res.Body.Close()
	if len(c.Configuration.HTTP.Valid) > 0 && !slices.Contains(c.Configuration.HTTP.Valid, res.StatusCode) {
		return local, fmt.Errorf("the answer has status %d", res.StatusCode)
	}
	return local, nil
}

// applyNetwork makes what has changed in the network count: new connections to
// backends are made, which look their hosts' addresses up again.
func (a *api) applyNetwork(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	a.Reconnect()
	return a.getService(w, r, who)
}

// administratorSignIn gives the address that signs in, to the developer portal, the first user who is an administrator.
func (a *api) administratorSignIn(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	members, err := a.records.List(r.Context(), catalog.GroupPath(catalog.Administrators)+access.Users)
	if err != nil {
		return err
	}
	for _, m := range members {
		u, _, err := record.Get[access.User](r.Context(), a.records, access.UserPath(record.Name(m.Path)))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if u.State != access.UserActive {
			continue
		}
		address, err := a.signInURL(m)
		if err != nil {
			return err
		}
		return writeSecret(w, map[string]string{"redirectUri": address})
	}
	return fault.New(fault.Conflict, "No active user is in the group %s: put one there first.", catalog.Administrators)
}
