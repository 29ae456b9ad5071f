package host

import (
	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/crypto"
	"portico/internal/policy/csharp/value"
)

// get declares a property of a host type by a Go function of it.
func get[T value.Object](f func(r *run, x T) val) value.Native {
	return func(r *run, a []val) val {
		x, ok := a[0].R.(T)
		if !ok {
			r.Throw(value.ExCast, "Specified cast is not valid.")
		}
		return f(r, x)
	}
}

func str[T value.Object](f func(x T) string) value.Native {
	return get(func(_ *run, x T) val { return value.Str(f(x)) })
}

// ptr makes a reference, or null of a nil pointer.
func ptr[T any, P interface {
	*T
	value.Object
}](p P) val {
	if p == nil {
		return value.Null
	}
	return value.Ref(p)
}

// Declare adds the context tree to a library.
func Declare(l *value.Library) {
	for _, t := range []*value.Type{contextType, requestType, responseType, bodyType, urlType, apiType, operationType, productType,
		subscriptionT, userType, groupType, identityType, deploymentType, gatewayType, workspaceType, lastErrorType, backendType, authorizationT} {
		l.Add(t)
	}
	declareContext(l)
	declareMessages(l)
	declareBody(l)
	declareNouns(l)
	declareDefaults(l)
	declareTokens(l)
}

func declareContext(l *value.Library) {
	c := func(f func(r *run, c *Call) val) value.Native { return get(f) }
	l.Add(contextType).
		Def("IApi Api", c(func(_ *run, c *Call) val { return ptr(c.API) })).
		Def("IOperation Operation", c(func(_ *run, c *Call) val { return ptr(c.Operation) })).
		Def("IProduct Product", c(func(_ *run, c *Call) val { return ptr(c.Product) })).
		Def("ISubscription Subscription", c(func(_ *run, c *Call) val { return ptr(c.Subscription) })).
		Def("IUser User", c(func(_ *run, c *Call) val { return ptr(c.User) })).
		Def("IDeployment Deployment", c(func(_ *run, c *Call) val { return ptr(c.Deployment) })).
		Def("IWorkspace Workspace", c(func(_ *run, c *Call) val { return ptr(c.Workspace) })).
		Def("IRequest Request", c(func(_ *run, c *Call) val { return c.seenRequest() })).
		Def("IResponse Response", c(func(_ *run, c *Call) val { return c.seenResponse() })).
		Def("IReadOnlyDictionary<string, object> Variables", c(func(_ *run, c *Call) val { return c.seenVariables() })).
		Def("IBackend Backend", c(func(_ *run, c *Call) val {
			if c.Backend == nil {
				return value.Null
			}
			return ptr(c.Backend.BackendNow())
		})).
		Def("ILastError LastError", c(func(_ *run, c *Call) val {
			if c.LastError == nil {
				return value.Null
			}
			return ptr(c.LastError())
		})).
		Def("Guid RequestId", c(func(r *run, c *Call) val {
			v, _ := bcl.FromText(r, c.RequestID, l.Lookup("Guid", 0))
			return v
		})).
		Def("DateTime Timestamp", c(func(_ *run, c *Call) val { return date(c.Timestamp) })).
		Def("TimeSpan Elapsed", c(func(r *run, c *Call) val {
			return value.Of(bcl.SpanType(), int64(r.Now().Sub(c.Timestamp)/100))
		})).
		Def("bool Tracing", c(func(_ *run, c *Call) val { return value.Bool(c.Tracing) })).
		Def("void Trace(string message)", func(r *run, a []val) val {
			if c, _ := a[0].R.(*Call); c != nil && c.Trace != nil {
				r.Spend(len(a[1].S))
				c.Trace(a[1].S)
			}
			return value.Null
		})
}

type noVariables struct{}

func (noVariables) Get(string) (any, bool) { return nil, false }
func (noVariables) Names() []string        { return nil }

type noLines struct{}

func (noLines) Len() int                    { return 0 }
func (noLines) At(int) (name, value string) { return "", "" }

func linesOf(l Lines) Lines {
	if l == nil {
		return noLines{}
	}
	return l
}

// bodyOf gives null where a message has no body.
func bodyOf(m Message) val {
	if b := m.Body(); b != nil {
		return value.Ref(body{b})
	}
	return value.Null
}

func declareMessages(l *value.Library) {
	address := func(u URL) val { return value.Ref(&u) }
	l.Add(requestType).
		Def("string Method", str(func(x *request) string { return x.Method() })).
		Def("string IpAddress", str(func(x *request) string { return x.IPAddress() })).
		Def("IUrl Url", get(func(r *run, x *request) val { r.Alloc(80); return address(x.URL()) })).
		Def("IUrl OriginalUrl", get(func(r *run, x *request) val { r.Alloc(80); return address(x.OriginalURL()) })).
		Def("IMessageBody Body", get(func(_ *run, x *request) val { return bodyOf(x) })).
		Def("IReadOnlyDictionary<string, string[]> Headers", get(func(_ *run, x *request) val { return headersOf(x, &x.headers) })).
		Def("IReadOnlyDictionary<string, string> MatchedParameters", get(func(_ *run, x *request) val {
			return value.Ref(&texts{linesOf(x.MatchedParameters())})
		})).
		Def("X509Certificate2 Certificate", get(func(_ *run, x *request) val { return crypto.Certificate(x.Certificate()) }))
	l.Add(responseType).
		Def("int StatusCode", get(func(_ *run, x *response) val { return value.Int(x.StatusCode()) })).
		Def("string StatusReason", str(func(x *response) string { return x.StatusReason() })).
		Def("IMessageBody Body", get(func(_ *run, x *response) val { return bodyOf(x) })).
		Def("IReadOnlyDictionary<string, string[]> Headers", get(func(_ *run, x *response) val { return headersOf(x, &x.headers) }))
	l.Add(urlType).
		Def("string Scheme", str(func(u *URL) string { return u.Scheme })).
		Def("string Host", str(func(u *URL) string { return u.Host })).
		Def("int Port", get(func(_ *run, u *URL) val { return value.Int(u.port()) })).
		Def("string Path", str(func(u *URL) string { return u.Path })).
		Def("string QueryString", str(func(u *URL) string {
			if u.RawQuery == "" {
				return ""
			}
			return "?" + u.RawQuery
		})).
		Def("IReadOnlyDictionary<string, string[]> Query", get(func(r *run, u *URL) val { return value.Ref(&lists{parsePairs(r, u.RawQuery)}) })).
		Def("Uri ToUri()", get(func(r *run, u *URL) val { return bcl.NewUri(r, u.String(r)) }))
}

func declareNouns(l *value.Library) {
	l.Add(apiType).
		Def("string Id", str(func(x *API) string { return x.ID })).
		Def("string Name", str(func(x *API) string { return x.Name })).
		Def("string Path", str(func(x *API) string { return x.Path })).
		Def("string Version", get(func(_ *run, x *API) val { return orNull(x.Version) })).
		Def("string Revision", str(func(x *API) string { return x.Revision })).
		Def("bool IsCurrentRevision", get(func(_ *run, x *API) val { return value.Bool(x.IsCurrentRevision) })).
		Def("IUrl ServiceUrl", get(func(_ *run, x *API) val {
			if x.ServiceURL.Host == "" {
				return value.Null
			}
			return value.Ref(&x.ServiceURL)
		}))
	l.Add(operationType).
		Def("string Id", str(func(x *Operation) string { return x.ID })).
		Def("string Name", str(func(x *Operation) string { return x.Name })).
		Def("string Method", str(func(x *Operation) string { return x.Method })).
		Def("string UrlTemplate", str(func(x *Operation) string { return x.URLTemplate }))
	l.Add(productType).
		Def("string Id", str(func(x *Product) string { return x.ID })).
		Def("string Name", str(func(x *Product) string { return x.Name })).
		Def("string State", str(func(x *Product) string { return x.State })).
		Def("bool ApprovalRequired", get(func(_ *run, x *Product) val { return value.Bool(x.ApprovalRequired) })).
		Def("bool SubscriptionRequired", get(func(_ *run, x *Product) val { return value.Bool(x.SubscriptionRequired) })).
		Def("int? SubscriptionLimit", get(func(_ *run, x *Product) val {
			if x.SubscriptionLimit == nil {
				return value.Null
			}
			return value.Int(*x.SubscriptionLimit)
		})).
		Def("IEnumerable<IApi> Apis", get(func(_ *run, x *Product) val {
			apis := x.APIs
			if x.Contents != nil {
				apis = x.Contents.ProductAPIs(x.ID)
			}
			items := make([]val, len(apis))
			for i := range items {
				items[i] = value.Ref(apis[i])
			}
			return collections.NewList(apiType, items)
		})).
		Def("IEnumerable<IGroup> Groups", get(func(_ *run, x *Product) val {
			if x.Contents != nil {
				return groupList(x.Contents.ProductGroups(x.ID))
			}
			return groupList(x.Groups)
		}))
	l.Add(groupType).
		Def("string Id", str(func(x *Group) string { return x.ID })).
		Def("string Name", str(func(x *Group) string { return x.Name }))
	l.Add(subscriptionT).
		Def("string Id", str(func(x *Subscription) string { return x.ID })).
		Def("string Name", str(func(x *Subscription) string { return x.Name })).
		Def("string Key", str(func(x *Subscription) string { return x.Key })).
		Def("string PrimaryKey", str(func(x *Subscription) string { return x.PrimaryKey })).
		Def("string SecondaryKey", str(func(x *Subscription) string { return x.SecondaryKey })).
		Def("DateTime CreatedDate", get(func(_ *run, x *Subscription) val { return date(x.CreatedDate) })).
		Def("DateTime? StartDate", get(func(_ *run, x *Subscription) val {
			if x.StartDate == nil {
				return value.Null
			}
			return date(*x.StartDate)
		})).
		Def("DateTime? EndDate", get(func(_ *run, x *Subscription) val {
			if x.EndDate == nil {
				return value.Null
			}
			return date(*x.EndDate)
		}))
	l.Add(userType).
		Def("string Id", str(func(x *User) string { return x.ID })).
		Def("string Email", str(func(x *User) string { return x.Email })).
		Def("string FirstName", str(func(x *User) string { return x.FirstName })).
		Def("string LastName", str(func(x *User) string { return x.LastName })).
		Def("string Note", str(func(x *User) string { return x.Note })).
		Def("DateTime RegistrationDate", get(func(_ *run, x *User) val { return date(x.RegistrationDate) })).
		Def("IEnumerable<IGroup> Groups", get(func(_ *run, x *User) val { return groupList(x.Groups) })).
		Def("IEnumerable<IUserIdentity> Identities", get(func(_ *run, x *User) val {
			items := make([]val, len(x.Identities))
			for i := range items {
				items[i] = value.Ref(&x.Identities[i])
			}
			return collections.NewList(identityType, items)
		}))
	l.Add(identityType).
		Def("string Id", str(func(x *Identity) string { return x.ID })).
		Def("string Provider", str(func(x *Identity) string { return x.Provider }))
	l.Add(authorizationT).
		Def("string AccessToken", str(func(x *Authorization) string { return x.AccessToken })).
		Def("IReadOnlyDictionary<string, string> Claims", get(func(r *run, x *Authorization) val {
			d := collections.NewDictionary(value.Make(readOnly, value.String, value.String), nil)
			for name, claim := range x.Claims {
				d.Put(r, value.Str(name), value.Str(claim))
			}
			return value.Ref(d)
		}))
	l.Add(backendType).
		Def("string Id", get(func(_ *run, x *Backend) val { return orNull(x.ID) })).
		Def("IUrl Url", get(func(_ *run, x *Backend) val { return value.Ref(&x.URL) }))
	declarePlaces(l)
}

func groupList(groups []Group) val {
	items := make([]val, len(groups))
	for i := range items {
		items[i] = value.Ref(&groups[i])
	}
	return collections.NewList(groupType, items)
}

func orNull(s string) val {
	if s == "" {
		return value.Null
	}
	return value.Str(s)
}

// gateway is context.Deployment.Gateway.
type gateway struct{ d *Deployment }

func (gateway) Type() *value.Type { return gatewayType }

func declarePlaces(l *value.Library) {
	certs := value.Make(readOnly, value.String, crypto.CertificateType())
	l.Add(deploymentType).
		Def("string Region", str(func(x *Deployment) string { return x.Region })).
		Def("string ServiceName", str(func(x *Deployment) string { return x.ServiceName })).
		Def("string ServiceId", str(func(x *Deployment) string { return x.ServiceID })).
		Def("string GatewayId", str(func(x *Deployment) string { return x.GatewayID })).
		Def("IGateway Gateway", get(func(_ *run, x *Deployment) val { return value.Ref(gateway{x}) })).
		Def("IReadOnlyDictionary<string, X509Certificate2> Certificates", get(func(r *run, x *Deployment) val {
			d := collections.NewDictionary(certs, collections.IgnoreCase())
			if x.Certificates != nil {
				for id, pair := range x.Certificates() {
					d.Put(r, value.Str(id), crypto.CertificateWithKey(pair.Leaf, pair.PrivateKey))
				}
			}
			return value.Ref(d)
		}))
	l.Add(gatewayType).
		Def("string Id", str(func(x gateway) string { return x.d.GatewayID })).
		Def("string InstanceId", str(func(x gateway) string { return x.d.GatewayInstance })).
		Def("bool IsManaged", get(func(_ *run, x gateway) val { return value.Bool(x.d.Managed) }))
	l.Add(workspaceType).
		Def("string Id", str(func(x *Workspace) string { return x.ID })).
		Def("string Name", str(func(x *Workspace) string { return x.Name }))
	l.Add(lastErrorType).
		Def("string Source", str(func(x *LastError) string { return x.Source })).
		Def("string Reason", str(func(x *LastError) string { return x.Reason })).
		Def("string Message", str(func(x *LastError) string { return x.Message })).
		Def("string Scope", str(func(x *LastError) string { return x.Scope })).
		Def("string Section", str(func(x *LastError) string { return x.Section })).
		Def("string Path", str(func(x *LastError) string { return x.Path })).
		Def("string PolicyId", str(func(x *LastError) string { return x.PolicyID }))
}

// declareDefaults has GetValueOrDefault of the tree's dictionaries.
func declareDefaults(l *value.Library) {
	joined := func(r *run, a []val, dflt val) val {
		m, ok := a[0].R.(*lists)
		name := r.NeedStr(a[1], "key")
		if !ok { // a dictionary of the expression's own
			own, is := a[0].R.(collections.Map)
			if !is {
				r.ThrowNull("dictionary")
			}
			v, found := own.Find(r, a[1])
			if !found {
				return dflt
			}
			items := value.Collect(r, v)
			s := ""
			for i, it := range items {
				if i > 0 {
					s += ","
				}
				s += it.S
			}
			return value.Str(s)
		}
		if s, ok := m.joined(name); ok {
			return value.Str(s)
		}
		return dflt
	}
	ext := l.Add(value.NewStatic("", "DictionaryExtensions")).
		Def("static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key)", func(r *run, a []val) val { return joined(r, a, value.Null) }).
		Def("static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key, string defaultValue)", func(r *run, a []val) val {
			return joined(r, a, a[2])
		})
	lookup := func(r *run, a []val) (val, bool) {
		m, ok := a[0].R.(collections.Map)
		if !ok {
			r.ThrowNull("dictionary")
		}
		return m.Find(r, a[1])
	}
	or := func(typed bool) func(value.Inst) value.Native {
		return func(in value.Inst) value.Native {
			zero := value.Zero(in.Ret)
			return func(r *run, a []val) val {
				v, ok := lookup(r, a)
				switch {
				case !ok && len(a) > 2:
					return a[2]
				case !ok:
					return zero
				case typed && v.R == nil:
					return zero
				case typed && !value.Is(v, in.Ret):
					r.Throw(value.ExCast, "Unable to cast object of type '%s' to type '%s'.", v.R.Type().FullName(), in.Ret.FullName())
				}
				return v
			}
		}
	}
	ext.Gen("static V GetValueOrDefault<K, V>(this IReadOnlyDictionary<K, V> dictionary, K key)", or(false)).
		Gen("static V GetValueOrDefault<K, V>(this IReadOnlyDictionary<K, V> dictionary, K key, V defaultValue)", or(false)).
		Gen("static V GetValueOrDefault<K, V>(this IDictionary<K, V> dictionary, K key)", or(false)).
		Gen("static V GetValueOrDefault<K, V>(this IDictionary<K, V> dictionary, K key, V defaultValue)", or(false)).
		Gen("static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key)", or(true)).
		Gen("static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key, T defaultValue)", or(true))
}
