package access

import (
	"context"
	"fmt"
	"time"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// FirstContent is what a new instance holds: the catalogue's first content and
// the all-access subscription, with keys of its own. No change of it applies
// twice: applied again, it is a fault.Conflict that changes nothing.
func FirstContent(k *secret.Keeper, service catalog.Service) []record.Change {
	return append(catalog.FirstContent(service), StoreSubscription(k, NewSubscription(MasterSubscription, "Built-in all-access subscription", catalog.APIs), "-"))
}

// NewSubscription is an active subscription without an owner, with new keys.
func NewSubscription(id, displayName, scope string) Subscription {
	now := time.Now().UTC().Truncate(time.Second)
	return Subscription{ID: id, DisplayName: displayName, Scope: scope, State: Active, CreatedDate: now, StartDate: &now,
		PrimaryKey: secret.ID(), SecondaryKey: secret.ID()}
}

// EnsureFirstContent gives an empty store its first content. created is false
// where the store has an instance already.
func EnsureFirstContent(ctx context.Context, records record.Store, k *secret.Keeper, service catalog.Service) (created bool, err error) {
	if err := service.Check(); err != nil {
		return false, fmt.Errorf("the instance's first settings: %w", err)
	}
	_, err = records.Get(ctx, catalog.ServicePath)
	if !fault.Is(err, fault.NotFound) {
		return false, err
	}
	_, err = records.Apply(ctx, FirstContent(k, service)...)
	return err == nil, err
}
