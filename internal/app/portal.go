package app

import (
	"net/http"

	"portico/internal/account"
	"portico/internal/egress"
	"portico/internal/mail"
	"portico/internal/openid"
	"portico/internal/rest"
	"portico/internal/rest/developer"
	"portico/internal/rest/portal"
)

func (a *app) newAccounts(r *rooms) *account.Accounts {
	return account.New(account.Config{
		Editor: r.editor, Keys: r.keeper, Hasher: r.hasher, Outbox: mail.Outbox{Records: r.records, Keys: r.keeper}, PortalURL: a.url("portal"),
	})
}

// newFlow signs people in at the OpenID Connect providers that staff set up.
func (a *app) newFlow(r *rooms, cookie string) *openid.Flow {
	return openid.New(egress.NewClient(egress.ForStaff(prefixes(a.cfg.EgressDeny))), r.keeper, cookie)
}

// developerAPI is the developer data API.
func (r *rooms) developerAPI(a *app) rest.API {
	return developer.New(developer.Options{
		Accounts: r.accounts, Editor: r.editor, Keys: r.keeper, Reports: r.usage, Flow: a.newFlow(r, "portico-portal-signin"), Gateway: r.gateway,
		PortalURL: a.url("portal"), GatewayURL: a.url("gateway"), MaxBody: a.cfg.MaxBody, Log: a.log,
	})
}

// portal serves developers: the data API and the pages.
func (r *rooms) portal(a *app) http.Handler {
	api := r.developerAPI(a).Handler()
	return rest.Mount{
		"developer":  developer.CORS(a.cfg.PortalOrigins, api),
		"signin-sso": api,
		"":           portal.New(portal.Config{Records: r.records, GatewayURL: a.url("gateway"), Log: a.log}),
	}
}
