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

// Allowance is what the account may send (GetAccount). It tells the day's count of the whole account, ours and others'.
func (s *Sender) Allowance(ctx context.Context) (mail.Allowance, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	out, err := s.client.GetAccount(ctx, &sesv2.GetAccountInput{})
	if err != nil {
		return mail.Allowance{}, fmt.Errorf("asking SES for its quota: %s", kind(err))
	}
	a := mail.Allowance{Paused: !out.SendingEnabled}
	if q := out.SendQuota; q != nil {
		a.Rate, a.Sent = q.MaxSendRate, int(q.SentLast24Hours)
		if q.Max24HourSend > 0 { // -1: no limit
			a.Daily = int(q.Max24HourSend)
		}
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

// kind is what an error of the service is called; its words may hold an address.
func kind(err error) string {
	var said smithy.APIError
	if errors.As(err, &said) {
		return said.ErrorCode()
	}
	return "no answer"
}
