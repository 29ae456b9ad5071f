package access

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottleIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var th Throttle
		p := Pace{2, time.Minute}
		take := func(key string) bool {
			_, err := th.Take(key, p)
			return err == nil
		}
		take("guesser")
		take("guesser")
		for i := range 2 * maxBuckets {
			take(fmt.Sprint(i))
		}
		if len(th.buckets) > maxBuckets {
			t.Errorf("%d buckets", len(th.buckets))
		}
		if take("guesser") {
			t.Error("others' attempts freed the one who has none left")
		}
		time.Sleep(time.Hour)
		take("new")
		if len(th.buckets) != 1 {
			t.Errorf("%d buckets after an hour", len(th.buckets))
		}
	})
}
