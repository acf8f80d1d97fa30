package ledger

// Transfer moves amount cents between accounts. Where the second booking fails the first one is undone.
func Transfer(from, to *Account, amount int64) error {
	if err := from.Withdraw(amount); err != nil {
		return err
	}
	if err := to.Deposit(amount); err != nil {
		if undo := from.Deposit(amount); undo != nil {
			return undo
		}
		return err
	}
	return nil
}
