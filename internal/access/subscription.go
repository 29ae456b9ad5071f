package access

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"portico/internal/record"
	"portico/internal/secret"
)

// Subscriptions is the collection of subscriptions.
const Subscriptions = "/subscriptions"

// MasterSubscription is the built-in all-access subscription's name.
const MasterSubscription = "master"

// State is where a subscription stands.
type State string

// The states of a subscription (apim.md 1.5). Only Active lets calls through.
const (
	Submitted State = "submitted"
	Active    State = "active"
	Suspended State = "suspended"
	Rejected  State = "rejected"
	Cancelled State = "cancelled"
	Expired   State = "expired"
)

// Subscription is SubscriptionContractProperties with its keys open. Its JSON
// leaves the keys out; Store and Load seal and open them.
type Subscription struct {
	ID               string     `json:"-"` // the record's name
	OwnerID          string     `json:"ownerId,omitempty"`
	Scope            string     `json:"scope"` // "/products/{id}", "/apis" or "/apis/{id}"
	DisplayName      string     `json:"displayName,omitempty"`
	State            State      `json:"state"`
	CreatedDate      time.Time  `json:"createdDate"`
	StartDate        *time.Time `json:"startDate,omitempty"`
	ExpirationDate   *time.Time `json:"expirationDate,omitempty"`
	EndDate          *time.Time `json:"endDate,omitempty"`
	NotificationDate *time.Time `json:"notificationDate,omitempty"`
	StateComment     string     `json:"stateComment,omitempty"`
	AllowTracing     bool       `json:"allowTracing"`
	PrimaryKey       string     `json:"-"`
	SecondaryKey     string     `json:"-"`
}

type sealedSubscription struct {
	Subscription
	Primary   string `json:"primaryKeySealed"`
	Secondary string `json:"secondaryKeySealed"`
}

const keyPurpose = "subscription key"

// SubscriptionPath is /subscriptions/{sid}.
func SubscriptionPath(sid string) string { return record.Path("subscriptions", sid) }

// StoreSubscription is the Put of a subscription, its keys sealed.
func StoreSubscription(k *secret.Keeper, s Subscription, match string) record.Change {
	return record.PutOf(SubscriptionPath(s.ID), sealedSubscription{
		Subscription: s, Primary: k.Seal(keyPurpose, s.PrimaryKey), Secondary: k.Seal(keyPurpose, s.SecondaryKey),
	}, match)
}

// LoadSubscription reads a stored subscription and opens its keys.
func LoadSubscription(k *secret.Keeper, r record.Record) (Subscription, error) {
	var ss sealedSubscription
	if err := json.Unmarshal(r.Body, &ss); err != nil {
		return Subscription{}, fmt.Errorf("subscription %s: %w", r.Path, err)
	}
	s := ss.Subscription
	s.ID = record.Name(r.Path)
	var err error
	if s.PrimaryKey, err = k.Open(keyPurpose, ss.Primary); err != nil {
		return s, fmt.Errorf("subscription %s: primary key: %w", s.ID, err)
	}
	if s.SecondaryKey, err = k.Open(keyPurpose, ss.Secondary); err != nil {
		return s, fmt.Errorf("subscription %s: secondary key: %w", s.ID, err)
	}
	return s, nil
}

// HashKey is the form in which a subscription key is looked up.
func HashKey(k *secret.Keeper, key string) [32]byte { return k.Hash(keyPurpose, key) }

// ScopeProduct is the product's name where the scope is one product, else "".
func (s *Subscription) ScopeProduct() string { return scopeName(s.Scope, "/products/") }

// ScopeAPI is the API's name where the scope is one API, else "".
func (s *Subscription) ScopeAPI() string { return scopeName(s.Scope, "/apis/") }

// AllAPIs tells whether the scope is every API.
func (s *Subscription) AllAPIs() bool {
	return strings.EqualFold(strings.TrimSuffix(s.Scope, "/"), "/apis")
}

func scopeName(scope, prefix string) string {
	if len(scope) > len(prefix) && strings.EqualFold(scope[:len(prefix)], prefix) {
		return scope[len(prefix):]
	}
	return ""
}
