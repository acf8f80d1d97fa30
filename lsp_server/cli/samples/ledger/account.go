package ledger

import (
	"errors"
	"fmt"
	"sync"
)

// ErrClosed is returned for every booking on a closed account.
var ErrClosed = errors.New("ledger: account is closed")

// Account is a running balance in cents. It is safe for concurrent use.
type Account struct {
	mu      sync.Mutex
	name    string
	balance int64
	closed  bool
}

// NewAccount opens an account with a balance of zero.
func NewAccount(name string) *Account {
	return &Account{name: name}
}

// Deposit adds amount cents.
func (a *Account) Deposit(amount int64) error {
	if amount <= 0 {
		return fmt.Errorf("ledger: deposit of %d cents", amount)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return ErrClosed
	}
	a.balance += amount
	return nil
}

// Withdraw takes amount cents, or nothing where the balance would fall below zero.
func (a *Account) Withdraw(amount int64) error {
	if amount <= 0 {
		return fmt.Errorf("ledger: withdrawal of %d cents", amount)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return ErrClosed
	}
	if amount > a.balance {
		return fmt.Errorf("ledger: %s has %d cents, not %d", a.name, a.balance, amount)
	}
	a.balance -= amount
	return nil
}

// Close ends the account and returns what was left.
func (a *Account) Close() (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return 0, ErrClosed
	}
	a.closed = true
	return a.balance, nil
}
