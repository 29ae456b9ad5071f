// Package client calls the HTTP APIs of a running server for the command line.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/fault"
)

// maxAnswer bounds what is read of an answer that is not streamed, in bytes. The
// largest is a whole configuration.
const maxAnswer = 1 << 30

// Client calls one server's console. It is safe for concurrent use.
type Client struct {
	base  string // "http://127.0.0.1:8081"
	token string
	http  *http.Client
}

// New makes a Client of a console's URL and an access token; a nil h is
// http.DefaultClient. The error is fault.Invalid, for what is no URL.
func New(base, token string, h *http.Client) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fault.New(fault.Invalid, "The server's address %q is not a URL such as http://127.0.0.1:8081.", base)
	}
	if h == nil {
		h = http.DefaultClient
	}
	return &Client{base: strings.TrimSuffix(base, "/"), token: token, http: h}, nil
}

// Refusal is an answer that is no success. The fault in it has the server's
// message, with a problem for each detail.
type Refusal struct {
	Status int
	Fault  *fault.Error
}

func (r *Refusal) Error() string { return r.Fault.Error() }

// Unwrap gives the fault.
func (r *Refusal) Unwrap() error { return r.Fault }

// Call sends in as JSON and reads the answer into out; either may be nil. The
// error is a *Refusal, or fault.Unavailable where the server does not answer.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	var answer bytes.Buffer
	if err := c.send(ctx, method, path, body, maxAnswer, &answer); err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer.Bytes(), out); err != nil {
		return fmt.Errorf("%s%s is not the API that it should be: %w", c.base, path, err)
	}
	return nil
}

// Stream copies an answer of any length to out.
func (c *Client) Stream(ctx context.Context, method, path string, out io.Writer) error {
	return c.send(ctx, method, path, nil, 0, out)
}

// send sends JSON, or nothing where body is nil, and copies the answer to out, up to a limit that is not 0.
func (c *Client) send(ctx context.Context, method, path string, body io.Reader, limit int64, out io.Writer) (err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s does not answer: %s", c.base, err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode >= http.StatusMultipleChoices {
		b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		return errors.Join(err, refusal(resp.StatusCode, b))
	}
	from := io.Reader(resp.Body)
	if limit > 0 {
		from = io.LimitReader(from, limit)
	}
	if _, err := io.Copy(out, from); err != nil {
		return fault.Wrap(err, fault.Unavailable, "The answer to %s %s broke off: %s", method, path, err)
	}
	return nil
}

// refusal reads an error in the console's form.
func refusal(status int, body []byte) *Refusal {
	var e struct {
		Error struct {
			Message string
			Details []struct{ Target, Message string }
		}
	}
	if json.Unmarshal(body, &e) != nil || e.Error.Message == "" {
		const shown = 500
		text := strings.ToValidUTF8(string(body[:min(len(body), shown)]), "")
		return &Refusal{status, fault.New(fault.Conflict, "The server answered %d %s: %s", status, http.StatusText(status), strings.TrimSpace(text))}
	}
	f := fault.New(fault.Conflict, "%s", e.Error.Message)
	for _, d := range e.Error.Details {
		if d.Message != e.Error.Message {
			f.With("", d.Target, "%s", d.Message)
		}
	}
	return &Refusal{status, f}
}
