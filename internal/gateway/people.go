package gateway

import (
	"maps"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/record"
)

// people are the users that own subscriptions, with their groups, as policy
// expressions see them.
type people struct {
	users   map[string]*access.User    // by id in lower case
	ids     map[string]string          // as they are written, likewise
	groups  map[string]policy.Group    // by id in lower case
	members map[string]map[string]bool // user ids by group id, both in lower case
	sees    map[string]map[string]bool // group ids by product id, likewise
	made    map[string]*policy.User    // of all of that; nil when it changed
	shown   map[string][]policy.Group  // the groups that see each product, likewise
	barred  map[string]bool            // those who may not call, by id in lower case; never changed in place
}

func newPeople() *people {
	return &people{users: map[string]*access.User{}, ids: map[string]string{}, groups: map[string]policy.Group{}, members: map[string]map[string]bool{}, sees: map[string]map[string]bool{}}
}

// change takes note of a user, a group or a membership that is new, changed or gone.
func (p *people) change(b *builder, path string, now record.Record) {
	p.made, p.shown = nil, nil
	user, group := strings.ToLower(record.NameIn(path, "users")), strings.ToLower(record.NameIn(path, "groups"))
	gone := now.Path == ""
	switch record.Kind(path) {
	case "users":
		delete(p.users, user)
		p.bar(user, false)
		if gone {
			return
		}
		u, err := catalog.Open[access.User](b.keeper, now)
		if err != nil {
			b.report(path, "", "The user cannot be read: %s", err)
			return
		}
		u.PasswordHash = "" // calls need none
		p.users[user], p.ids[user] = u, record.Name(now.Path)
		p.bar(user, u.State == access.UserBlocked || u.State == access.UserDeleted)
	case "groups":
		delete(p.groups, group)
		if gone {
			return
		}
		g, err := catalog.Open[catalog.Group](b.keeper, now)
		if err != nil {
			b.report(path, "", "The group cannot be read: %s", err)
			return
		}
		p.groups[group] = policy.Group{ID: record.Name(now.Path), Name: g.DisplayName}
	case "products/groups":
		product := strings.ToLower(record.NameIn(path, "products"))
		if p.sees[product] == nil {
			p.sees[product] = map[string]bool{}
		}
		if gone {
			delete(p.sees[product], group)
		} else {
			p.sees[product][group] = true
		}
	case "groups/users":
		if p.members[group] == nil {
			p.members[group] = map[string]bool{}
		}
		if gone {
			delete(p.members[group], user)
		} else {
			p.members[group][user] = true
		}
	}
}

// bar notes whether a user may not call what they are subscribed to (apim.md 1.6).
func (p *people) bar(user string, barred bool) {
	if p.barred[user] == barred {
		return
	}
	next := maps.Clone(p.barred)
	if next == nil {
		next = map[string]bool{}
	}
	if next[user] = barred; !barred {
		delete(next, user)
	}
	p.barred = next
}

// all gives the users by id in lower case. The map is not changed any more.
func (p *people) all() map[string]*policy.User {
	if p.made != nil {
		return p.made
	}
	p.made = make(map[string]*policy.User, len(p.users))
	for id, u := range p.users {
		made := &policy.User{ID: p.ids[id], Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, Note: u.Note, RegistrationDate: u.RegistrationDate}
		for _, i := range u.Identities {
			made.Identities = append(made.Identities, policy.Identity{ID: i.ID, Provider: i.Provider})
		}
		for _, group := range slices.Sorted(maps.Keys(p.groups)) {
			// Every user is a developer.
			if p.members[group][id] || strings.EqualFold(group, catalog.Developers) {
				made.Groups = append(made.Groups, p.groups[group])
			}
		}
		p.made[id] = made
	}
	return p.made
}
