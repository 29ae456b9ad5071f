package main

import (
	"context"
	"fmt"
	"net/http"
)

// polls measures what the status of a job costs: of one that waits for its
// start, and of one that is Finished, whose every answer has a fresh signature.
func (b *bench) polls(ctx context.Context) error {
	p, bare, addr, err := b.startBoth(ctx)
	if err != nil {
		return err
	}
	client, err := newContainer(ctx, p.ready.Storage)
	if err != nil {
		return err
	}
	if _, err := client.UploadBuffer(ctx, container, "poll.csv", []byte("Col2\nThis is a good day\n"), nil); err != nil {
		return err
	}
	var ids [2]string
	for i := range ids {
		if ids[i], err = p.submit(ctx, container+"/poll.csv", fmt.Sprintf("%s/poll%d-out.csv", container, i)); err != nil {
			return err
		}
	}
	if err := p.finish(ctx, ids[1]); err != nil {
		return err
	}
	key := http.Header{"Authorization": {"Bearer " + p.ready.Demo.APIKey}}
	contestants := []*contestant{
		{name: "the guide's request at bare net/http and encoding/json", aim: "–", server: bare, method: http.MethodPost, url: "http://" + addr, body: guideBody, want: []byte(`"Results"`)},
		{name: "status of a job that was not started", aim: "≤ 100 µs", server: p, method: http.MethodGet, url: p.jobs("/" + ids[0]), header: key, want: []byte(`"NotStarted"`)},
		{name: "status of a finished job", aim: "≤ 100 µs", server: p, method: http.MethodGet, url: p.jobs("/" + ids[1]), header: key, want: []byte(`"SasBlobToken":"?`)},
	}
	fmt.Printf("\nPolls of a batch job's status, %d rounds of %d calls over %d connections\n\n", b.sizes.rounds, b.sizes.calls, connections)
	if err := race(ctx, contestants, b.sizes.rounds, b.sizes.calls); err != nil {
		return err
	}
	return stopBoth(p, bare)
}
