package mail_test

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"

	"portico/internal/mail"
	"portico/internal/secret"
	"portico/internal/store"
)

func TestOutboxKeepsWhatItWasGiven(t *testing.T) {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := secret.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	outbox := mail.Outbox{Records: s.Records(), Keys: keys}
	sent := []mail.Message{
		{Template: "passwordResetIdentityDefault", Recipients: []string{"a@example.com"}, Variables: map[string]string{"ConfirmUrl": "https://portal/reset?code=secret-code"}},
		{Notification: "AccountClosedPublisher", Variables: map[string]string{"DevFirstName": "Ann"}},
	}
	for _, m := range sent {
		if err := outbox.Enqueue(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	recs, err := s.Records().List(ctx, mail.Outgoing)
	if err != nil || len(recs) != len(sent) {
		t.Fatalf("got %d records, %v", len(recs), err)
	}
	for i, r := range recs {
		if strings.Contains(string(r.Body), "secret-code") {
			t.Errorf("the message is kept in the clear: %s", r.Body)
		}
		if got, err := outbox.Open(r); err != nil || !reflect.DeepEqual(got, sent[i]) {
			t.Errorf("got %+v, %v, want %+v", got, err, sent[i])
		}
	}
}

func TestOutboxRefusesWhatCannotBeSent(t *testing.T) {
	for _, m := range []mail.Message{
		{},
		{Template: "noSuchTemplate", Recipients: []string{"a@example.com"}},
		{Template: "accountClosedDeveloper"},
		{Template: "accountClosedDeveloper", Notification: "BCC", Recipients: []string{"a@example.com"}},
		{Template: "accountClosedDeveloper", Recipients: []string{"a@example.com\r\nBcc: b@example.com"}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was planned", m)
				}
			}()
			mail.Outbox{}.Plan(m)
		}()
	}
}
