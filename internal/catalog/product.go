package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"portico/internal/fault"
	"portico/internal/record"
)

// The states of a product.
const (
	Published    = "published"
	NotPublished = "notPublished"
)

// CheckProduct completes a product's defaults and checks it against the rules
// (apim.md 1.4) and, where it is open, against the other open products.
func CheckProduct(ctx context.Context, s record.Store, name string, p *Product) error {
	bad := Incorrect()
	checkLength(bad, "displayName", p.DisplayName, 1, maxDisplayName)
	checkLength(bad, "description", p.Description, 0, maxDescription)
	checkChoice(bad, "state", &p.State, NotPublished, Published, NotPublished)
	if p.SubscriptionRequired == nil {
		p.SubscriptionRequired = ptr(true)
	}
	switch {
	case p.Open() && p.ApprovalRequired != nil && *p.ApprovalRequired:
		bad.With(CodeValidation, "approvalRequired", "approvalRequired can be true only where subscriptionRequired is true: an open product has no subscriptions to approve.")
	case p.Open() && p.SubscriptionsLimit != nil:
		bad.With(CodeValidation, "subscriptionsLimit", "subscriptionsLimit can be set only where subscriptionRequired is true.")
	case p.SubscriptionsLimit != nil && *p.SubscriptionsLimit < 0:
		bad.With(CodeValidation, "subscriptionsLimit", "subscriptionsLimit must not be negative; leave it out for no limit.")
	}
	if !p.Open() && p.ApprovalRequired == nil {
		p.ApprovalRequired = ptr(false)
	}
	if p.Open() {
		links, err := s.List(ctx, ProductPath(name)+APIs)
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := checkOnlyOpenProduct(ctx, s, bad, name, record.Name(l.Path)); err != nil {
				return err
			}
		}
	}
	return bad.OrNil()
}

// CheckProductAPI checks that an API may be added to a product: both exist, and
// an API is in one open product at most.
func CheckProductAPI(ctx context.Context, s record.Store, product, api string) error {
	p, _, err := record.Get[Product](ctx, s, ProductPath(product))
	if err != nil {
		return err
	}
	if _, err := s.Get(ctx, APIPath(api)); err != nil {
		return err
	}
	bad := Incorrect()
	if p.Open() {
		if err := checkOnlyOpenProduct(ctx, s, bad, product, api); err != nil {
			return err
		}
	}
	return bad.OrNil()
}

func checkOnlyOpenProduct(ctx context.Context, s record.Store, bad *fault.Error, product, api string) error {
	products, err := ProductsOf(ctx, s, api)
	if err != nil {
		return err
	}
	for _, r := range products {
		var other Product
		if err := json.Unmarshal(r.Body, &other); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		if other.Open() && !strings.EqualFold(record.Name(r.Path), product) {
			bad.With(CodeValidation, "subscriptionRequired", "The API %s is in the open product %s already, and an API can be in one open product only: let one of the two require a subscription.", api, record.Name(r.Path))
		}
	}
	return nil
}

// ProductsOf gives the products that hold an API, in the order in which it was added.
func ProductsOf(ctx context.Context, s record.Store, api string) ([]record.Record, error) {
	links, err := s.List(ctx, Products+"/*"+APIs)
	if err != nil {
		return nil, err
	}
	var products []record.Record
	for _, l := range links {
		if !strings.EqualFold(record.Name(l.Path), api) {
			continue
		}
		p, err := s.Get(ctx, record.Parent(l.Path))
		if err != nil {
			return nil, err
		}
		products = append(products, p)
	}
	return products, nil
}
