package arm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
)

// peopleArea holds the app developers and their groups.
func peopleArea() area {
	return area{
		resources: []*resource{userResource(), groupResource()},
		links: []link{{pattern: "/groups/{groupId}/users/{userId}", of: "users",
			check: checkMembership, release: checkMembership}},
		listings: []listing{
			{pattern: "/users/{userId}/groups", kind: "groups", find: groupsOfUser},
			{pattern: "/users/{userId}/subscriptions", kind: "subscriptions", find: subscriptionsOfUser},
		},
		routes: (*api).userRoutes,
	}
}

func checkMembership(e *edit) error { return access.CheckMembership(record.NameIn(e.path, "groups")) }

func userResource() *resource {
	fields := texts("firstName", "lastName", "email", "state", "note")
	fields["registrationDate"] = odata.Time
	return &resource{
		pattern: "/users/{userId}", noun: "User", maxName: 80, fields: fields,
		view: viewUser, prepare: hashPassword, write: writeUser, deleted: http.StatusNoContent, remove: removeUser,
	}
}

func isTrue(query url.Values, name string) bool { return strings.EqualFold(query.Get(name), "true") }

// hashPassword hashes the password that came with a user, which takes its time.
func hashPassword(e *edit, sent json.RawMessage) (json.RawMessage, error) {
	var p struct {
		Password *string `json:"password"`
	}
	if len(sent) == 0 {
		return sent, nil
	}
	if err := rest.UnmarshalJSON(sent, &p); err != nil || p.Password == nil {
		return sent, err
	}
	hash, err := e.Hasher.Hash(*p.Password, e.name)
	e.prepared = hash
	return sent, err
}

func writeUser(e *edit) (record.Change, error) {
	var u access.User
	if err := e.decode(&u); err != nil {
		return record.Change{}, err
	}
	var old *access.User
	if e.current != nil {
		var err error
		if old, err = catalog.Open[access.User](e.Keys, *e.current); err != nil {
			return record.Change{}, err
		}
	} else {
		e.also = append(e.also, record.PutOf(access.MembershipPath(catalog.Developers, e.name), catalog.Link{}, ""))
	}
	u.PasswordHash, _ = e.prepared.(string) // what a client calls a hash is none
	u.Account = nil
	if old != nil {
		u.Account = old.Account
	}
	password := u.PasswordHash != ""
	catalog.KeepSecrets(&u, old)
	if err := access.CheckUser(e.ctx, e.records, e.name, &u, old); err != nil {
		return record.Change{}, err
	}
	if old == nil && isTrue(e.query, "notify") {
		if err := e.tell(e.Accounts.Invite(&u, e.name)); err != nil {
			return record.Change{}, err
		}
	}
	u.Confirmation = ""
	if old == nil || !password && u.State == access.UserActive {
		return catalog.Seal(e.Keys, e.path, &u, ""), nil
	}
	u.Restamp() // who has the old password, or may not come in any more, is signed out
	ending, err := access.DeveloperSessions(e.records, e.Keys).Ending(e.ctx, e.name)
	e.also = append(e.also, ending...)
	return catalog.Seal(e.Keys, e.path, &u, ""), err
}

// removeUser plans what goes with a user, and tells him where the request says so.
func removeUser(e *edit) ([]record.Change, error) {
	changes, err := access.RemoveUser(e.ctx, e.records, e.name, isTrue(e.query, "deletesubscriptions"))
	if err != nil || !isTrue(e.query, "notify") {
		return changes, err
	}
	u, err := catalog.Show[access.User](e.Keys, *e.current)
	if err != nil {
		return nil, err
	}
	return append(changes, e.events().AccountClosed(*u, false)...), nil
}

// viewUser shows all but the password's hash, and the groups where the request says so.
func viewUser(a *api, r *http.Request, rec record.Record) (any, error) {
	u, err := catalog.Show[access.User](a.Keys, rec)
	if err != nil {
		return nil, err
	}
	u.Account = nil
	query, err := queryOf(r)
	if err != nil || !isTrue(query, "expandgroups") {
		return u, err
	}
	groups, err := access.GroupsOf(r.Context(), a.records, record.Name(rec.Path))
	if err != nil {
		return nil, err
	}
	v := struct {
		*access.User
		Groups []json.RawMessage `json:"groups"`
	}{u, make([]json.RawMessage, len(groups))}
	for i, g := range groups {
		v.Groups[i] = g.Body
	}
	return v, nil
}

func groupsOfUser(a *api, ctx context.Context, _ string, parent record.Record) ([]item, error) {
	recs, err := access.GroupsOf(ctx, a.records, record.Name(parent.Path))
	return itemsOf(recs), err
}

func subscriptionsOfUser(a *api, ctx context.Context, path string, parent record.Record) ([]item, error) {
	recs, err := access.OwnedBy(ctx, a.records, record.Name(parent.Path))
	items := itemsOf(recs)
	for i := range items {
		items[i].path = path + "/" + record.Name(items[i].Path)
	}
	return items, err
}

// userRoutes are the routes of users besides those of every kind.
func (a *api) userRoutes() []rest.Route {
	const user = "/users/{userId}"
	return []rest.Route{
		a.route(http.MethodGet, user+"/subscriptions/{sid}", access.ReadCatalog, a.subscriptionOfUser),
		a.route(http.MethodGet, user+"/identities", access.ReadCatalog, a.identities),
		a.route(http.MethodPost, user+"/token", access.AdministerPeople, a.userToken),
		a.route(http.MethodPost, user+"/confirmations/password/send", access.AdministerPeople, a.sendReset),
		a.route(http.MethodPost, user+"/generateSsoUrl", access.AdministerPeople, a.userSignInURL),
	}
}

func (a *api) user(r *http.Request) (record.Record, error) {
	return a.lookUp(r.Context(), access.UserPath(r.PathValue("userId")), "User")
}

func (a *api) subscriptionOfUser(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	user, err := a.user(r)
	if err != nil {
		return err
	}
	owned, err := access.OwnedBy(r.Context(), a.records, record.Name(user.Path))
	if err != nil {
		return err
	}
	sid := r.PathValue("sid")
	for _, rec := range owned {
		if strings.EqualFold(record.Name(rec.Path), sid) {
			return a.answer(w, r, http.StatusOK, a.kinds["subscriptions"], rec)
		}
	}
	return fault.New(fault.NotFound, "Subscription not found: %s.", sid)
}

func (a *api) identities(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	rec, err := a.user(r)
	if err != nil {
		return err
	}
	u, err := catalog.Show[access.User](a.Keys, rec)
	if err != nil {
		return err
	}
	return writeFlat(w, u.Identities)
}

// writeFlat answers with a list whose members are no resources.
func writeFlat[T any](w http.ResponseWriter, values []T) error {
	if values == nil {
		values = []T{}
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		Value []T `json:"value"`
		Count int `json:"count"`
	}{values, len(values)})
}

// writeSecret answers with something that no cache may keep.
func writeSecret(w http.ResponseWriter, v any) error {
	w.Header().Set("Cache-Control", "no-store")
	return rest.WriteJSON(w, http.StatusOK, v)
}

// textValue is the shape of several answers.
type textValue struct {
	Value string `json:"value"`
}

// userToken makes a token with which a program of ours signs a user in.
func (a *api) userToken(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var body struct {
		Properties struct {
			KeyType string    `json:"keyType"`
			Expiry  time.Time `json:"expiry"`
		} `json:"properties"`
	}
	if err := rest.DecodeJSON(r, &body); err != nil {
		return err
	}
	rec, err := a.user(r)
	if err != nil {
		return err
	}
	u, err := catalog.Open[access.User](a.Keys, rec)
	if err != nil {
		return err
	}
	token, err := access.UserToken(a.Keys, record.Name(rec.Path), u, body.Properties.KeyType, body.Properties.Expiry)
	if err != nil {
		return err
	}
	return writeSecret(w, textValue{token})
}

// signInLifetime is how long the address that signs a user in works.
const signInLifetime = 5 * time.Minute

func (a *api) userSignInURL(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	rec, err := a.user(r)
	if err != nil {
		return err
	}
	address, err := a.signInURL(rec)
	if err != nil {
		return err
	}
	return writeSecret(w, textValue{address})
}

// signInURL is the address that signs a user in to the developer portal.
func (a *api) signInURL(rec record.Record) (string, error) {
	u, err := catalog.Open[access.User](a.Keys, rec)
	if err != nil {
		return "", err
	}
	token, err := access.UserToken(a.Keys, record.Name(rec.Path), u, access.PrimaryKey, time.Now().Add(signInLifetime))
	return a.URLs.Portal + "/signin-sso?token=" + url.QueryEscape(token), err
}

// sendReset sends a user the link with which a new password is chosen.
func (a *api) sendReset(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	rec, err := a.user(r)
	if err != nil {
		return err
	}
	if err := a.Accounts.ResetByStaff(r.Context(), record.Name(rec.Path)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func groupResource() *resource {
	return plain(resource{
		pattern: "/groups/{groupId}", noun: "Group", maxName: catalog.MaxName,
		fields: texts("displayName", "description", "externalId"), remove: removeWithGroup,
	}, func(_ *edit, p, old *catalog.Group) error { return catalog.CheckGroup(p, old) })
}

// removeWithGroup takes a deleted group out of its products; the system groups stay.
func removeWithGroup(e *edit) ([]record.Change, error) {
	group, _, err := record.Get[catalog.Group](e.ctx, e.records, e.path)
	if err != nil {
		return nil, err
	}
	if group.BuiltIn {
		return nil, catalog.CheckGroup(&group, &group)
	}
	return catalog.UnlinkGroup(e.ctx, e.records, e.name)
}
