package arm

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/mail"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/secret"
)

// portalArea holds how the developer portal lets people in, what it tells them and what it shows.
func portalArea() area {
	return area{
		resources: []*resource{
			identityProviderResource(), authorizationServerResource(), openIDResource(), portalSettingsResource(), portalConfigResource(), tenantAccessResource(),
			notificationResource(), templateResource(), contentTypeResource(), contentItemResource(), appearanceResource(), portalRevisionResource(),
		},
		links: []link{
			{pattern: "/notifications/{notificationName}/recipientEmails/{email}", noun: "Recipient",
				check: func(e *edit) error { return checkRecipient(e.name) }, view: viewRecipientEmail},
			{pattern: "/notifications/{notificationName}/recipientUsers/{userId}", of: "users", view: viewRecipientUser},
		},
		routes: portalRoutes,
	}
}

// clientSecret is the answer of several kinds' listSecrets.
type clientSecret struct {
	ClientSecret          string `json:"clientSecret"`
	ResourceOwnerUsername string `json:"resourceOwnerUsername,omitempty"`
	ResourceOwnerPassword string `json:"resourceOwnerPassword,omitempty"`
}

func portalRoutes(a *api) []rest.Route {
	type directAccess = access.DirectAccess
	listSecrets := func(pattern string, h rest.Handler) rest.Route {
		return a.route(http.MethodPost, pattern+"/listSecrets", access.ReadCatalogKeys, h)
	}
	routes := []rest.Route{
		listSecrets("/identityProviders/{identityProviderName}", reveal(a, "identityproviders", func(p *access.IdentityProvider) any { return clientSecret{ClientSecret: p.ClientSecret} })),
		listSecrets("/authorizationServers/{authsid}", reveal(a, "authorizationservers", func(s *access.AuthorizationServer) any {
			return clientSecret{s.ClientSecret, s.ResourceOwnerUsername, s.ResourceOwnerPassword}
		})),
		listSecrets("/openidConnectProviders/{opid}", reveal(a, "openidconnectproviders", func(p *access.OpenIDProvider) any { return clientSecret{ClientSecret: p.ClientSecret} })),
		a.route(http.MethodPost, "/portalsettings/delegation/listSecrets", access.ReadCatalogKeys, a.delegationKey),
		listSecrets("/tenant/{accessName}", a.tenantSecrets),
	}
	for name, key := range map[string]func(*directAccess) *string{
		"regeneratePrimaryKey":   func(d *directAccess) *string { return &d.PrimaryKey },
		"regenerateSecondaryKey": func(d *directAccess) *string { return &d.SecondaryKey },
	} {
		redraw := alter(a, "tenant", func(_ *http.Request, d *directAccess) error {
			*key(d) = secret.APIKey()
			return access.CheckDirectAccess(d)
		})
		for _, at := range []string{"/tenant/{accessName}/", "/tenant/{accessName}/git/"} {
			routes = append(routes, a.route(http.MethodPost, at+name, access.AdministerService, redraw))
		}
	}
	return routes
}

func identityProviderResource() *resource {
	return plain(resource{
		pattern: "/identityProviders/{identityProviderName}", noun: "Identity provider", names: access.IdentityProviderNames, fields: texts("type", "clientId"),
		writer: access.AdministerPeople, // whom it vouches for comes in
	}, func(e *edit, p, _ *access.IdentityProvider) error { return access.CheckIdentityProvider(e.name, p) })
}

func authorizationServerResource() *resource {
	return plain(resource{
		pattern: "/authorizationServers/{authsid}", noun: "Authorization server", maxName: 80, fields: texts("displayName"),
		remove: func(e *edit) ([]record.Change, error) {
			return nil, access.CheckAuthorizationIsFree(e.ctx, e.records, "authorizationServerId", e.name)
		},
	}, func(_ *edit, p, _ *access.AuthorizationServer) error { return access.CheckAuthorizationServer(p) })
}

func openIDResource() *resource {
	return plain(resource{
		pattern: "/openidConnectProviders/{opid}", noun: "OpenID Connect provider", maxName: 80, fields: texts("displayName"),
		writer: access.AdministerPeople, // whom it vouches for comes in
		remove: func(e *edit) ([]record.Change, error) {
			return nil, access.CheckAuthorizationIsFree(e.ctx, e.records, "openidProviderId", e.name)
		},
	}, func(_ *edit, p, _ *access.OpenIDProvider) error { return access.CheckOpenIDProvider(p) })
}

// portalSettingsResource declares three settings, each of a shape of its own.
func portalSettingsResource() *resource {
	signIn := plain(resource{}, func(_ *edit, _, _ *access.SignIn) error { return nil })
	signUp := plain(resource{}, func(_ *edit, p, _ *access.SignUp) error { return access.CheckSignUp(p) })
	delegation := plain(resource{}, func(_ *edit, p, _ *access.Delegation) error { return access.CheckDelegation(p) })
	kinds := map[string]*resource{access.SignInSettings: signIn, access.SignUpSettings: signUp, access.DelegationSettings: delegation}
	return &resource{
		pattern: "/portalsettings/{settings}", noun: "Portal settings", fields: texts(), initial: access.InitialPortalSettings,
		names: []string{access.SignInSettings, access.SignUpSettings, access.DelegationSettings}, noDelete: true, patched: http.StatusNoContent,
		write: func(e *edit) (record.Change, error) { return kinds[e.name].write(e) },
		view: func(a *api, r *http.Request, rec record.Record) (any, error) {
			return a.propertiesOf(r, kinds[record.Name(rec.Path)], rec)
		},
	}
}

func (a *api) delegationKey(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	rec, err := a.lookUp(r.Context(), access.PortalSettings+"/"+access.DelegationSettings, "Portal settings")
	if err != nil {
		return err
	}
	d, err := catalog.Open[access.Delegation](a.Keys, rec)
	if err != nil {
		return err
	}
	return writeSecret(w, struct {
		ValidationKey string `json:"validationKey"`
	}{d.ValidationKey})
}

func tenantAccessResource() *resource {
	return plain(resource{
		pattern: "/tenant/{accessName}", noun: "Tenant access", names: access.TenantAccessNames, fields: texts(), noDelete: true,
		initial: func(string) any { return access.DirectAccess{} },
		view: func(a *api, _ *http.Request, rec record.Record) (any, error) {
			d, err := catalog.Show[access.DirectAccess](a.Keys, rec)
			return struct {
				ID string `json:"id"`
				*access.DirectAccess
			}{record.Name(rec.Path), d}, err
		},
	}, func(_ *edit, p, _ *access.DirectAccess) error { return access.CheckDirectAccess(p) })
}

// tenantSecrets gives the keys, which are drawn when somebody first asks for them.
func (a *api) tenantSecrets(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	path := recordPath("/tenant/{accessName}", r)
	var d *access.DirectAccess
	var name string
	_, err := a.Editor.Edit(r.Context(), func() ([]record.Change, error) {
		rec, err := a.lookUp(r.Context(), path, "Tenant access")
		if err != nil {
			return nil, err
		}
		name = record.Name(rec.Path)
		if d, err = catalog.Open[access.DirectAccess](a.Keys, rec); err != nil || d.PrimaryKey != "" {
			return nil, err
		}
		if err := access.CheckDirectAccess(d); err != nil {
			return nil, err
		}
		return []record.Change{catalog.Seal(a.Keys, rec.Path, d, "-")}, nil
	})
	if err != nil {
		return err
	}
	return writeSecret(w, struct {
		ID string `json:"id"`
		*access.DirectAccess
	}{name, d})
}

// notificationResource declares the seven notifications; only their recipients change.
func notificationResource() *resource {
	return plain(resource{
		pattern: "/notifications/{notificationName}", noun: "Notification", names: mail.NotificationNames(), initial: mail.InitialNotification,
		fields: texts("title"), noPatch: true, noDelete: true, bodiless: true, view: viewNotification,
	}, func(_ *edit, p, old *mail.Notification) error {
		*p = *old
		return nil
	})
}

// viewNotification shows who gets a notification.
func viewNotification(a *api, r *http.Request, rec record.Record) (any, error) {
	n, err := catalog.Show[mail.Notification](a.Keys, rec)
	if err != nil {
		return nil, err
	}
	recipients := map[string][]string{"emails": {}, "users": {}}
	for member, collection := range map[string]string{"emails": "recipientEmails", "users": "recipientUsers"} {
		links, err := a.records.List(r.Context(), rec.Path+"/"+collection)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			recipients[member] = append(recipients[member], record.Name(l.Path))
		}
	}
	return struct {
		*mail.Notification
		Recipients map[string][]string `json:"recipients"`
	}{n, recipients}, nil
}

// checkRecipient checks the e-mail address that is a link's name.
func checkRecipient(address string) error {
	if err := access.CheckEmail(address); err != nil {
		return catalog.Incorrect().With(catalog.CodeValidation, "email", "%s", fault.As(err).Message)
	}
	if strings.ContainsAny(address, "/*") {
		return catalog.Incorrect().With(catalog.CodeValidation, "email", "%q cannot be a recipient here: it holds / or *.", address)
	}
	return nil
}

func viewRecipientEmail(_ *api, _ *http.Request, rec record.Record) (any, error) {
	return map[string]string{"email": record.Name(rec.Path)}, nil
}

func viewRecipientUser(a *api, _ *http.Request, rec record.Record) (any, error) {
	return map[string]string{"userId": a.serviceID + rec.Path}, nil
}

// templateResource declares the 14 templates: deleting one gives the default back.
func templateResource() *resource {
	return plain(resource{
		pattern: "/templates/{templateName}", noun: "E-mail template", names: mail.TemplateNames(), initial: mail.InitialTemplate,
		fields: texts("title", "subject"),
	}, func(e *edit, p, old *mail.Template) error { return mail.CheckTemplate(e.name, p, old) })
}

// appearanceResource declares how the developer portal looks, an addition of ours.
func appearanceResource() *resource {
	return plain(resource{
		pattern: "/portalAppearances/{appearanceId}", noun: "Appearance", names: []string{catalog.DefaultAppearance}, fields: texts(), noDelete: true, maxBody: maxPageBody,
		initial: func(string) any { return catalog.Appearance{} },
	}, func(_ *edit, p, _ *catalog.Appearance) error { return catalog.CheckAppearance(p) })
}

func contentTypeResource() *resource {
	return plain(resource{pattern: "/contentTypes/{contentTypeId}", noun: "Content type", maxName: 256, fields: texts("name"), noPatch: true, unconditional: true},
		func(e *edit, p, _ *catalog.ContentType) error { return catalog.CheckContentType(e.name, p) })
}

func contentItemResource() *resource {
	return &resource{
		pattern: "/contentTypes/{contentTypeId}/contentItems/{contentItemId}", noun: "Content item", maxName: 256, fields: texts(), noPatch: true, maxBody: maxPageBody,
		write: func(e *edit) (record.Change, error) {
			body := e.properties
			if len(body) == 0 {
				body = json.RawMessage("{}")
			}
			return record.Change{Op: record.Put, Path: e.path, Body: body}, nil
		},
	}
}

// portalRevisionResource declares what was published of the portal, and when.
func portalRevisionResource() *resource {
	return plain(resource{
		pattern: "/portalRevisions/{portalRevisionId}", noun: "Portal revision", maxName: 256, fields: texts("description"), noDelete: true, provisioned: true,
		view: func(a *api, _ *http.Request, rec record.Record) (any, error) {
			p, err := catalog.Show[catalog.PortalRevision](a.Keys, rec)
			return struct {
				*catalog.PortalRevision
				Status  string    `json:"status"`
				Created time.Time `json:"createdDateTime"`
				Updated time.Time `json:"updatedDateTime"`
			}{p, "completed", rec.Created, rec.Updated}, err
		},
	}, func(e *edit, p, _ *catalog.PortalRevision) error {
		if p.IsCurrent {
			others, err := e.retirePortalRevisions()
			if err != nil {
				return err
			}
			e.also = append(e.also, others...)
		}
		return catalog.CheckPortalRevision(p)
	})
}

// retirePortalRevisions plans that no other revision of the portal is the current one.
func (e *edit) retirePortalRevisions() ([]record.Change, error) {
	recs, err := e.records.List(e.ctx, catalog.PortalRevisions)
	if err != nil {
		return nil, err
	}
	var changes []record.Change
	for _, r := range recs {
		p, err := catalog.Show[catalog.PortalRevision](e.Keys, r)
		if err != nil {
			return nil, err
		}
		if p.IsCurrent && record.Key(r.Path) != record.Key(e.path) {
			p.IsCurrent = false
			changes = append(changes, record.PutOf(r.Path, p, r.ETag))
		}
	}
	return changes, nil
}
