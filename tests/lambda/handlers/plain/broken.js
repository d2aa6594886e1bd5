exports.handler = async () => { return (;
