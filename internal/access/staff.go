package access

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// StaffCollection is where the members of staff are kept, by name.
const StaffCollection = "/staff"

const (
	setupPurpose  = "setup code"
	setupLifetime = 24 * time.Hour
	maxStaff      = 1000
)

// member is a member of staff as it is kept.
type member struct {
	Roles        []Role     `json:"roles"`
	PasswordHash string     `json:"passwordHash,omitempty"`
	Identities   []Identity `json:"identities,omitempty"` // at OpenID Connect providers
	// The one-time code with which the password is set: its keyed hash, in hex.
	SetupHash    string     `json:"setupHash,omitempty"`
	SetupExpires *time.Time `json:"setupExpires,omitempty"`
}

// Member is what others may know of a member of staff.
type Member struct {
	Name       string     `json:"name"` // an e-mail address
	Roles      []Role     `json:"roles"`
	SignsIn    bool       `json:"hasPassword"`
	Identities []Identity `json:"identities,omitempty"`
	Invited    bool       `json:"invited"` // a setup link is waiting
}

// Staff are the people of the console. They sign in with a name and a password,
// or at an OpenID Connect provider.
type Staff struct {
	Records  record.Store
	Keys     *secret.Keeper
	Sessions Sessions
	Hasher   *Hasher

	attempts Throttle
}

// SetupCode draws a one-time code with which a member of staff sets a password.
// An earlier code of the same one is void; the code expires after 24 hours.
// Where there is none of that name, an administrator of it is made.
func (s *Staff) SetupCode(ctx context.Context, name string) (string, error) {
	found, rec, err := s.get(ctx, name)
	if fault.Is(err, fault.NotFound) {
		return s.invite(ctx, name, member{Roles: []Role{Administrator}}, "-")
	}
	if err != nil {
		return "", err
	}
	return s.invite(ctx, name, found, rec.ETag)
}

// Add makes a member of staff with roles, and gives the code with which the
// password is set. It returns fault.Conflict where there is one of that name.
func (s *Staff) Add(ctx context.Context, name string, roles []Role) (code string, err error) {
	if err := checkRoles(roles); err != nil {
		return "", err
	}
	all, err := s.Records.List(ctx, StaffCollection)
	if err != nil {
		return "", err
	}
	if len(all) >= maxStaff {
		return "", fault.New(fault.Conflict, "There are %d members of staff, which is the limit.", maxStaff)
	}
	return s.invite(ctx, name, member{Roles: roles}, "-")
}

func (s *Staff) invite(ctx context.Context, name string, m member, match string) (string, error) {
	if err := checkStaffName(name); err != nil {
		return "", err
	}
	code := secret.ID()
	expires := time.Now().Add(setupLifetime).UTC()
	m.SetupHash, m.SetupExpires = s.hashCode(code), &expires
	_, err := s.Records.Apply(ctx, record.PutOf(staffPath(name), m, match))
	return code, err
}

// SetRoles gives a member of staff other roles. One administrator must stay.
func (s *Staff) SetRoles(ctx context.Context, name string, roles []Role) error {
	if err := checkRoles(roles); err != nil {
		return err
	}
	found, rec, err := s.get(ctx, name)
	if err != nil {
		return err
	}
	if slices.Contains(found.Roles, Administrator) && !slices.Contains(roles, Administrator) {
		if err := s.checkNotLast(ctx, rec.Path); err != nil {
			return err
		}
	}
	found.Roles = roles
	_, err = s.Records.Apply(ctx, record.PutOf(rec.Path, found, rec.ETag))
	return err
}

// Remove takes a member out of the staff, and ends the sessions. One administrator must stay.
func (s *Staff) Remove(ctx context.Context, name string) error {
	found, rec, err := s.get(ctx, name)
	if err != nil {
		return err
	}
	if slices.Contains(found.Roles, Administrator) {
		if err := s.checkNotLast(ctx, rec.Path); err != nil {
			return err
		}
	}
	sessions, err := s.Sessions.Ending(ctx, record.Name(rec.Path))
	if err != nil {
		return err
	}
	_, err = s.Records.Apply(ctx, append(sessions, record.Change{Op: record.Delete, Path: rec.Path, Match: rec.ETag})...)
	return err
}

// checkNotLast returns fault.Conflict where nobody else is an administrator who can sign in.
func (s *Staff) checkNotLast(ctx context.Context, path string) error {
	left := false
	err := s.each(ctx, func(rec record.Record, m member) {
		left = left || rec.Path != path && slices.Contains(m.Roles, Administrator) && (m.PasswordHash != "" || len(m.Identities) > 0)
	})
	if err == nil && !left {
		return fault.New(fault.Conflict, "%s is the last administrator who can sign in: make another one first.", record.Name(path))
	}
	return err
}

// Members gives all members of staff, in the order in which they came.
func (s *Staff) Members(ctx context.Context) ([]Member, error) {
	members := []Member{}
	err := s.each(ctx, func(rec record.Record, m member) {
		members = append(members, Member{record.Name(rec.Path), m.Roles, m.PasswordHash != "", m.Identities, m.SetupExpires != nil && time.Now().Before(*m.SetupExpires)})
	})
	return members, err
}

// HasPassword tells whether anybody can sign in with a password.
func (s *Staff) HasPassword(ctx context.Context) (has bool, err error) {
	err = s.each(ctx, func(_ record.Record, m member) { has = has || m.PasswordHash != "" })
	return has, err
}

func (s *Staff) each(ctx context.Context, visit func(record.Record, member)) error {
	recs, err := s.Records.List(ctx, StaffCollection)
	if err != nil {
		return err
	}
	for _, r := range recs {
		var m member
		if err := json.Unmarshal(r.Body, &m); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		visit(r, m)
	}
	return nil
}

// FindSetupCode gives the member of staff whom a code is for, and fault.NotFound
// for one that was used, is void or has expired. client is the address that
// asks, for slowing down guesses.
func (s *Staff) FindSetupCode(ctx context.Context, code, client string) (Principal, error) {
	found, rec, err := s.findCode(ctx, code, client)
	return principal(record.Name(rec.Path), found.Roles), err
}

func (s *Staff) findCode(ctx context.Context, code, client string) (found member, rec record.Record, err error) {
	giveBack, err := s.attempts.Take("setup "+client, PerClient)
	if err != nil {
		return member{}, record.Record{}, err
	}
	hash := s.hashCode(code)
	err = s.each(ctx, func(r record.Record, m member) {
		if m.SetupExpires != nil && subtle.ConstantTimeCompare([]byte(m.SetupHash), []byte(hash)) == 1 && time.Now().Before(*m.SetupExpires) {
			found, rec = m, r
		}
	})
	if err != nil {
		return member{}, record.Record{}, err
	}
	if rec.Path == "" {
		return member{}, rec, fault.New(fault.NotFound, "This link was used already, has expired, or was replaced by a newer one.")
	}
	giveBack()
	return found, rec, nil
}

// SetPassword sets the password of the member of staff whom a code is for, and
// uses the code up. changes are applied with it or not at all. The sessions of
// that one end.
func (s *Staff) SetPassword(ctx context.Context, code, client, password string, changes ...record.Change) (name string, err error) {
	found, rec, err := s.findCode(ctx, code, client)
	if err != nil {
		return "", err
	}
	name = record.Name(rec.Path)
	if err := CheckPassword(password, name); err != nil {
		return "", err
	}
	if found.PasswordHash, err = s.Hasher.Hash(password, name); err != nil {
		return "", err
	}
	found.SetupHash, found.SetupExpires = "", nil
	sessions, err := s.Sessions.Ending(ctx, name)
	if err != nil {
		return "", err
	}
	changes = append(changes, record.PutOf(rec.Path, found, rec.ETag))
	_, err = s.Records.Apply(ctx, append(changes, sessions...)...)
	return name, err
}

// SignIn checks a name and a password. It returns fault.Unauthorized for a pair
// that is wrong, without saying which of the two, and fault.Throttled after too
// many of them from one client or for one name.
func (s *Staff) SignIn(ctx context.Context, name, password, client string) (Principal, error) {
	name = strings.TrimSpace(name)
	clientBack, err := s.attempts.Take("client "+client, PerClient)
	if err != nil {
		return Principal{}, err
	}
	nameBack, err := s.attempts.Take("name "+strings.ToLower(name), PerName)
	if err != nil {
		return Principal{}, err
	}
	var found member
	if checkStaffName(name) == nil {
		found, _, err = s.get(ctx, name)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return Principal{}, err
		}
	}
	ok, err := s.Hasher.Verify(password, found.PasswordHash)
	if err != nil {
		return Principal{}, err
	}
	if !ok {
		return Principal{}, fault.New(fault.Unauthorized, "The name or the password is wrong.")
	}
	clientBack()
	nameBack()
	return principal(name, found.Roles), nil
}

// SignInAs signs in whom an OpenID Connect provider vouches for: the member of
// staff with that identity, else the one whose name is the e-mail address, which
// gets the identity. It returns fault.Forbidden for one who is no member of staff.
func (s *Staff) SignInAs(ctx context.Context, id Identity, verifiedEmail string) (name string, err error) {
	var found member
	var rec record.Record
	err = s.each(ctx, func(r record.Record, m member) {
		if slices.Contains(m.Identities, id) || rec.Path == "" && verifiedEmail != "" && strings.EqualFold(record.Name(r.Path), verifiedEmail) {
			found, rec = m, r
		}
	})
	if err != nil {
		return "", err
	}
	if rec.Path == "" {
		return "", fault.New(fault.Forbidden, "Nobody of the staff is known by this account at %s: an administrator adds people under their e-mail address.", id.Provider)
	}
	if !slices.Contains(found.Identities, id) {
		found.Identities = append(found.Identities, id)
		_, err = s.Records.Apply(ctx, record.PutOf(rec.Path, found, rec.ETag))
	}
	return record.Name(rec.Path), err
}

// Principal is the member of staff of that name, or fault.NotFound.
func (s *Staff) Principal(ctx context.Context, name string) (Principal, error) {
	found, rec, err := s.get(ctx, name)
	return principal(record.Name(rec.Path), found.Roles), err
}

func (s *Staff) get(ctx context.Context, name string) (member, record.Record, error) {
	if checkStaffName(name) != nil {
		return member{}, record.Record{}, fault.New(fault.NotFound, "Nobody of the staff is called %q.", name)
	}
	m, rec, err := record.Get[member](ctx, s.Records, staffPath(name))
	if fault.Is(err, fault.NotFound) {
		return m, rec, fault.New(fault.NotFound, "Nobody of the staff is called %s.", name)
	}
	return m, rec, err
}

// principal names a member of staff by the first role: "administrator ann@contoso.com".
func principal(name string, roles []Role) Principal {
	if len(roles) == 0 {
		return Principal{}
	}
	return Principal{Name: string(roles[0]) + " " + name, Roles: roles}
}

func (s *Staff) hashCode(code string) string {
	h := s.Keys.Hash(setupPurpose, code)
	return hex.EncodeToString(h[:])
}

func checkRoles(roles []Role) error {
	for _, r := range roles {
		if !slices.Contains(Roles(), r) {
			return fault.New(fault.Invalid, "%q is not a role; the roles are %v.", r, Roles())
		}
	}
	if len(roles) == 0 {
		return fault.New(fault.Invalid, "A member of staff needs a role; the roles are %v.", Roles())
	}
	return nil
}

func checkStaffName(name string) error {
	if name == "" || len(name) > 100 || strings.ContainsAny(name, "/*\\ \t\r\n\x00") || !utf8.ValidString(name) {
		return fault.New(fault.Invalid, "%q is not the name of a member of staff: use an e-mail address.", name)
	}
	return nil
}

func staffPath(name string) string { return record.Path("staff", name) }
