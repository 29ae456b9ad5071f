package arm_test

import (
	"testing"
	"time"

	"portico/internal/limit"
	"portico/internal/policy/limits"
)

// TestSDKQuotas: the counters of quota-by-key, read and set.
func TestSDKQuotas(t *testing.T) {
	f := newFixture(t)
	quota := func(policy string) limit.Quota {
		return limit.Quota{Key: limit.Key{Policy: policy, Counted: "boo"}, Limit: 1 << 20, Start: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), Period: 7 * 24 * time.Hour}
	}
	calls, bytes := quota(limits.CallsByKey), quota(limits.BytesByKey)
	if used, err := f.quotas.Take(ctx, calls, 3); err != nil || !used.OK {
		t.Fatal(used, err)
	}
	if err := f.quotas.Add(ctx, bytes, 1536); err != nil {
		t.Fatal(err)
	}
	c, err := limits.Counters{Quotas: f.quotas}.Get(ctx, "boo")
	if err != nil {
		t.Fatal(err)
	}
	period := []string{"boo", c.Period}
	runSteps(t, f.sdk(t, false), []step{
		{"QuotaByCounterKeysClient.ListByService", []string{"none"}, "", "404"},
		{"QuotaByCounterKeysClient.ListByService", []string{"boo"}, "", `"callsCount":3,"kbTransferred":1.5`},
		{"QuotaByPeriodKeysClient.Get", period, "", `"counterKey":"boo"`},
		{"QuotaByPeriodKeysClient.Get", []string{"boo", "0_P1D"}, "", "404"},
		{"QuotaByPeriodKeysClient.Update", period, `{"properties":{"callsCount":7}}`, `"callsCount":7,"kbTransferred":1.5`},
		{"QuotaByPeriodKeysClient.Update", []string{"boo", "0_P1D"}, `{"properties":{"callsCount":7}}`, "404"},
		{"QuotaByCounterKeysClient.Update", []string{"boo"}, `{"properties":{"callsCount":0,"kbTransferred":2}}`, `"callsCount":0,"kbTransferred":2`},
		{"QuotaByCounterKeysClient.Update", []string{"boo"}, `{"properties":{"callsCount":-1}}`, "400"},
		{"QuotaByCounterKeysClient.Update", []string{"none"}, `{"properties":{"callsCount":1}}`, "404"},
	})
	if used, err := f.quotas.Take(ctx, calls, 0); err != nil || used.Remaining != 1<<20 {
		t.Error(used, err)
	}
}
