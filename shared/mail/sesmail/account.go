package sesmail

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"convoc/shared/mail"
)

// What is asked of the account could be asked again without harm. It is not: it goes through the client of [Client], and
// whoever asks comes back of himself (the pump within minutes, a person at once).

// Allowance is what the account may send (GetAccount). It tells the day's count of the whole account, ours and others'.
// An answer without a quota is an error: to take it for « no limit » would let all leave at once.
func (s *Sender) Allowance(ctx context.Context) (mail.Allowance, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	out, err := s.client.GetAccount(ctx, &sesv2.GetAccountInput{})
	if err != nil {
		return mail.Allowance{}, fmt.Errorf("asking SES for its quota: %s", kind(err))
	}
	q := out.SendQuota
	if q == nil || q.Max24HourSend == 0 {
		return mail.Allowance{}, errors.New("asking SES for its quota: an answer without one")
	}
	a := mail.Allowance{Paused: !out.SendingEnabled, Rate: q.MaxSendRate, Sent: int(q.SentLast24Hours)}
	if q.Max24HourSend > 0 { // -1: no limit
		a.Daily = int(q.Max24HourSend)
	}
	return a, nil
}

// Unblock takes an address off the account's suppression list.
func (s *Sender) Unblock(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.client.DeleteSuppressedDestination(ctx, &sesv2.DeleteSuppressedDestinationInput{EmailAddress: &address})
	var none *types.NotFoundException
	if err == nil || errors.As(err, &none) {
		return nil
	}
	return fmt.Errorf("taking an address off the suppression list of SES: %s", kind(err))
}

// kind is what an error of the service is called; its words may hold an address, and so may what stands on the way.
func kind(err error) string {
	var said smithy.APIError
	if errors.As(err, &said) {
		return fmt.Sprintf("%.100s", addressed.ReplaceAllString(said.ErrorCode(), "…"))
	}
	return "no answer"
}
