package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"portico/internal/policy"
)

// tokenUsage is what a call to a language model used.
type tokenUsage struct{ prompt, completion, total int64 }

// tokenCount counts the tokens of one call to an OpenAI-style API: by the usage
// block of the answer, or where there is none by an estimate. It is shared by
// the policies of the call that need it.
type tokenCount struct {
	estimated int64 // of the prompt
	used      tokenUsage
	done      bool
	settle    []func(x *policy.Exchange, used tokenUsage) error
}

// countTokens has settle called once with what the call used: nothing where it
// never reached the backend, or failed there.
func countTokens(x *policy.Exchange, prompt string, settle func(x *policy.Exchange, used tokenUsage) error) (*tokenCount, error) {
	count, _ := x.Attached(tokenCountKey{}).(*tokenCount)
	if count == nil {
		body, err := policy.TheRequest.Bytes(x)
		if err != nil {
			return nil, err
		}
		count = &tokenCount{estimated: estimatePrompt(body, prompt)}
		x.Request.Headers.Del("Accept-Encoding") // a compressed answer could not be read
		x.Attach(tokenCountKey{}, count)
		x.AtAnswer(observing{count})
		x.AtEnd(count)
	}
	count.settle = append(count.settle, settle)
	return count, nil
}

// tokenCountKey is under which a call's tokenCount is attached.
type tokenCountKey struct{}

// observing reads the backend's answer for a tokenCount.
type observing struct{ count *tokenCount }

// End reads what the answer used.
func (o observing) End(x *policy.Exchange) error { return o.count.observe(x) }

// End settles a call whose answer was streamed, or that never got one.
func (t *tokenCount) End(x *policy.Exchange) error { return t.finish(x) }

func (t *tokenCount) finish(x *policy.Exchange) error {
	if t.done {
		return nil
	}
	t.done = true
	var errs []error
	for _, settle := range t.settle {
		errs = append(errs, settle(x, t.used))
	}
	return errors.Join(errs...)
}

// observe reads what the answer used. One that is no stream of events is read
// into memory, so that what was used is known before the headers are sent.
func (t *tokenCount) observe(x *policy.Exchange) error {
	if x.Response.Status < 200 || x.Response.Status > 299 {
		return nil
	}
	if kind := x.Response.Headers.Get("Content-Type"); strings.HasPrefix(kind, "text/event-stream") {
		t.used = tokenUsage{prompt: t.estimated, total: t.estimated}
		body, whole := x.Response.Body.InMemory()
		if !whole {
			x.Response.Body.Wrap(func(r io.ReadCloser) io.ReadCloser { return &eventsBody{ReadCloser: r, count: t} })
			return nil
		}
		events := &eventsBody{count: t}
		events.take(body)
		return t.finish(x)
	}
	body, err := policy.TheResponse.Bytes(x)
	if err != nil {
		return err
	}
	t.used = readUsage(body, t.estimated)
	return t.finish(x)
}

// answerForm is what is read of answers: whole ones and the pieces of streams.
type answerForm struct {
	Usage *struct {
		Prompt     *int64 `json:"prompt_tokens"`
		Completion *int64 `json:"completion_tokens"`
		Input      *int64 `json:"input_tokens"`
		Output     *int64 `json:"output_tokens"`
		Total      *int64 `json:"total_tokens"`
	} `json:"usage"`
	Choices []struct {
		Text    string      `json:"text"`
		Message messageForm `json:"message"`
		Delta   messageForm `json:"delta"`
	} `json:"choices"`
}

type messageForm struct {
	Content json.RawMessage `json:"content"`
}

// usage gives the usage block, or ok false.
func (a *answerForm) usage() (u tokenUsage, ok bool) {
	if a.Usage == nil {
		return u, false
	}
	first := func(list ...*int64) int64 {
		for _, n := range list {
			if n != nil && *n > 0 {
				return *n
			}
		}
		return 0
	}
	u.prompt, u.completion = first(a.Usage.Prompt, a.Usage.Input), first(a.Usage.Completion, a.Usage.Output)
	u.total = max(first(a.Usage.Total), u.prompt+u.completion)
	return u, true
}

// text is what the model wrote.
func (a *answerForm) text() string {
	var b strings.Builder
	for _, c := range a.Choices {
		b.WriteString(c.Text)
		b.WriteString(contentText(c.Message.Content))
		b.WriteString(contentText(c.Delta.Content))
	}
	return b.String()
}

// readUsage gives what an answer used, counting its text where it does not say.
func readUsage(body []byte, prompt int64) tokenUsage {
	var a answerForm
	if err := json.Unmarshal(body, &a); err != nil {
		return tokenUsage{prompt: prompt, total: prompt}
	}
	if u, ok := a.usage(); ok {
		return u
	}
	n := estimateTokens(a.text())
	return tokenUsage{prompt: prompt, completion: n, total: prompt + n}
}

// maxStreamLine is the longest line of a stream that is read for what it says of its use.
const maxStreamLine = 1 << 20

// eventsBody reads a stream of events on its way to the client.
type eventsBody struct {
	io.ReadCloser
	count  *tokenCount
	line   []byte
	skip   bool // the rest of a line that is too long
	stated bool // the stream had a usage block
}

func (e *eventsBody) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	e.take(p[:n])
	if errors.Is(err, io.EOF) {
		e.take([]byte("\n"))
	}
	return n, err
}

// take reads the lines that are whole.
func (e *eventsBody) take(piece []byte) {
	for len(piece) > 0 {
		line, rest, whole := bytes.Cut(piece, []byte("\n"))
		if e.skip = e.skip || len(e.line)+len(line) > maxStreamLine; !e.skip {
			e.line = append(e.line, line...)
		}
		if whole {
			if !e.skip {
				e.event(e.line)
			}
			e.line, e.skip = e.line[:0], false
		}
		piece = rest
	}
}

// event counts one line "data: {…}".
func (e *eventsBody) event(line []byte) {
	data, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("data:"))
	if !ok || e.stated {
		return
	}
	var a answerForm
	if json.Unmarshal(data, &a) != nil { // such as [DONE]
		return
	}
	if u, ok := a.usage(); ok {
		e.count.used, e.stated = u, true
		return
	}
	n := estimateTokens(a.text())
	e.count.used.completion += n
	e.count.used.total += n
}

// The kinds of prompts.
const (
	promptAuto       = "auto"
	promptChat       = "chat-completion"
	promptCompletion = "completion"
	promptEmbeddings = "embeddings"
)

// Around each chat message, and before the answer, models put some tokens of their own.
const (
	tokensPerMessage = 4
	tokensPerChat    = 3
)

// estimatePrompt estimates the tokens of a request's prompt; 0 where it has none of that kind.
func estimatePrompt(body []byte, kind string) int64 {
	var r struct {
		Messages []struct {
			Role    string          `json:"role"`
			Name    string          `json:"name"`
			Content json.RawMessage `json:"content"`
		} `json:"messages"`
		Prompt json.RawMessage `json:"prompt"`
		Input  json.RawMessage `json:"input"`
	}
	if json.Unmarshal(body, &r) != nil {
		return 0
	}
	var n int64
	if len(r.Messages) > 0 && (kind == promptAuto || kind == promptChat) {
		n = tokensPerChat
		for _, m := range r.Messages {
			n += tokensPerMessage + estimateTokens(m.Name) + estimateTokens(contentText(m.Content))
		}
		return n
	}
	if kind == promptAuto || kind == promptCompletion {
		n += estimateTokens(contentText(r.Prompt))
	}
	if kind == promptAuto || kind == promptEmbeddings {
		n += estimateTokens(contentText(r.Input))
	}
	return n
}

// contentText is the text in a content: a string, or a list of strings and of
// parts with text or content. Numbers in a list are tokens, a word each.
func contentText(raw json.RawMessage) string {
	var text string
	if len(raw) == 0 || json.Unmarshal(raw, &text) == nil {
		return text
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return ""
	}
	var b strings.Builder
	for _, item := range list {
		var part struct {
			Text    string          `json:"text"`
			Content json.RawMessage `json:"content"`
		}
		switch {
		case json.Unmarshal(item, &part) == nil:
			b.WriteString(part.Text)
			b.WriteString(contentText(part.Content))
		case len(item) > 0 && item[0] >= '0' && item[0] <= '9':
			b.WriteString("tok ") // four characters
		default:
			b.WriteString(contentText(item))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// estimateTokens estimates the tokens of a text without a model's vocabulary:
// one for each four ASCII characters, and one for each other character.
func estimateTokens(text string) int64 {
	var ascii, others int64
	for _, r := range text {
		if r < 0x80 {
			ascii++
		} else {
			others++
		}
	}
	return (ascii+3)/4 + others
}
