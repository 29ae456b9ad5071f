package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"portico/bench/process"
)

// start measures from exec to all listeners accepting, on an empty folder.
func (b *bench) start(ctx context.Context) error {
	var took []time.Duration
	for range b.sizes.rounds {
		s, err := startPortico(ctx, b.binary, b.dir)
		if err != nil {
			return err
		}
		took = append(took, s.took)
		if err := s.stop(); err != nil {
			return err
		}
	}
	fmt.Printf("Start to ready on an empty folder, %d times: median %d ms (aim ≤ 500 ms)\n", b.sizes.rounds, median(took).Milliseconds())
	return nil
}

// firstCall measures from the PUT's answer to the answer of the first call to a created API.
func firstCall(ctx context.Context, r process.Ready) error {
	const apis = 20
	var took []time.Duration
	for i := range apis {
		id := fmt.Sprintf("bench-%d", i)
		base := r.Console + r.ServiceID + "/apis/" + id
		for _, put := range [][2]string{
			{base, fmt.Sprintf(`{"properties":{"displayName":"Bench %d","path":"bench-%d","protocols":["http","https"],"subscriptionRequired":false,"serviceUrl":"http://echoapi.cloudapp.net/api"}}`, i, i)},
			{base + "/operations/get", `{"properties":{"displayName":"Get","method":"GET","urlTemplate":"/resource"}}`},
		} {
			if _, err := send(ctx, http.MethodPut, put[0]+"?api-version=2024-05-01", put[1], r.AdminToken); err != nil {
				return err
			}
		}
		begin := time.Now()
		if _, err := send(ctx, http.MethodGet, r.Gateway+"/"+id+"/resource", "", ""); err != nil {
			return err
		}
		took = append(took, time.Since(begin))
	}
	slowest := took[0]
	for _, d := range took {
		slowest = max(slowest, d)
	}
	fmt.Printf("\nFirst call to a created API, %d times: median %.1f ms, slowest %.1f ms (aim ≤ 50 ms)\n",
		apis, median(took).Seconds()*1e3, slowest.Seconds()*1e3)
	return nil
}

// send makes a call that must succeed, and gives the answer's body.
func send(ctx context.Context, method, url, body, token string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, b)
	}
	return string(b), err
}
